/// Whether a machine needs a reboot for an update to count.
enum RebootNeed {
  /// The file that packages leave behind which want one: Debian's and Ubuntu's custom, kept by
  /// update-notifier-common and unattended-upgrades.
  static let marker = "/run/reboot-required"

  /// Whether the kernel that runs was replaced on the disk, or there is a new one.
  ///
  /// - Parameter release: What runs, as `uname -r` has it: the package of a kernel is named after its release.
  static func isKernelReplaced(by upgraded: [PackageUpgrade], running release: String) -> Bool {
    upgraded.contains { upgrade in
      let name = upgrade.package.prefix { $0 != ":" }
      guard name.hasPrefix("linux-image-") else { return false }
      return upgrade.from == nil
        || ["linux-image-\(release)", "linux-image-unsigned-\(release)"].contains(String(name))
    }
  }
}
