/// Root folders of the kernel's files: the machine's own, or those of a fixture.
public struct HostFiles: Sendable, Equatable {
  /// The procfs, `/proc`.
  public var proc: String
  /// The sysfs, `/sys`.
  public var sys: String
  /// The device nodes, `/dev`. Only its links are read, no device is opened.
  public var dev: String
  /// The folders of `os-release` in order of precedence (os-release(5)).
  public var osReleaseFolders: [String]

  /// Creates the root folders; the defaults are those of the running system.
  public init(
    proc: String = "/proc", sys: String = "/sys", dev: String = "/dev",
    osReleaseFolders: [String] = ["/etc", "/usr/lib"]
  ) {
    self.proc = proc
    self.sys = sys
    self.dev = dev
    self.osReleaseFolders = osReleaseFolders
  }
}
