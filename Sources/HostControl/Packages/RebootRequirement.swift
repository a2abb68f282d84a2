import Encoding

/// Whether a reboot is required to complete an update.
enum RebootRequirement {
  /// The file that packages create to request a reboot, by a convention of Debian and Ubuntu (update-notifier-common,
  /// unattended-upgrades).
  static let marker = "/run/reboot-required"

  /// Whether the running kernel was upgraded, or a new one was installed.
  ///
  /// - Parameter release: The running kernel, as in `uname -r`. Kernel packages are named after their release.
  static func isKernelReplaced(by upgraded: [PackageUpgrade], running release: String) -> Bool {
    upgraded.contains { upgrade in
      let name = Substring(upgrade.package.utf8.prefix { $0 != UInt8(ascii: ":") })
      guard name.utf8.starts(with: "linux-image-".utf8) else { return false }
      return upgrade.from == nil
        || ["linux-image-\(release)", "linux-image-unsigned-\(release)"].containsExactly(name)
    }
  }
}
