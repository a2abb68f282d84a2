/// The section `iso`: where the config drive is mounted.
public struct ConfigDriveSettings: Sendable, Equatable {
  /// `iso.mount_path`.
  public var mountPath: String

  /// Settings from their parts; what is left out has its default.
  public init(mountPath: String = "/media/plusclouds-config") {
    self.mountPath = mountPath
  }
}
