/// The section `iso`: where the config drive is mounted.
struct ConfigDriveSettings: Sendable, Equatable {
  /// `iso.mount_path`.
  var mountPath = "/media/plusclouds-config"
}
