/// The version of the platform and of plsctl.
public enum PlatformVersion {
  /// The current version, by semantic versioning.
  public static let current = "0.1.0"
}
