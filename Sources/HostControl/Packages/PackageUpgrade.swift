/// One package that an update has replaced.
public struct PackageUpgrade: Sendable, Hashable {
  /// Its name, with the architecture where dpkg needs it to tell two apart (`libc6:i386`).
  public var package: String
  /// The version that was there before; nil for one that was not installed.
  public var from: String?
  /// The version that is there now.
  public var to: String

  /// An upgrade.
  public init(package: String, from: String?, to: String) {
    self.package = package
    self.from = from
    self.to = to
  }
}
