/// The section `iso`: the config drive.
struct ConfigDriveSettings: Sendable, Equatable {
  /// `iso.mount_path`: the folder that the drive is mounted on.
  var mountPath = "/media/plusclouds-config"
}
