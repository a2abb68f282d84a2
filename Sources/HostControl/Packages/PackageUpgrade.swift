/// A package that an update has upgraded or installed.
public struct PackageUpgrade: Sendable, Hashable {
  /// The name, with the architecture where dpkg needs it (`libc6:i386`).
  public var package: String
  /// The version before the update; nil for a newly installed package.
  public var from: String?
  /// The version after the update.
  public var to: String

  /// Describes an upgrade.
  public init(package: String, from: String?, to: String) {
    self.package = package
    self.from = from
    self.to = to
  }
}
