/// The version of the platform and its console.
public enum PlatformVersion {
  /// As told, logged and printed (semantic versioning).
  public static let current = "0.1.0"
}
