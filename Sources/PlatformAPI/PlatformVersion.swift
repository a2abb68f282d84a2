/// The version of the platform.
public enum PlatformVersion {
  /// As told, logged and printed (semantic versioning).
  public static let current = "0.1.0"
}
