/// Where the kernel's files are: the machine's own, or a folder that holds another machine's.
public struct HostFiles: Sendable, Equatable {
  /// The procfs, `/proc`.
  public var proc: String
  /// The sysfs, `/sys`.
  public var sys: String
  /// The device nodes, `/dev`; only links in it are followed, nothing is opened.
  public var dev: String
  /// The folders that may hold `os-release`, first one first (os-release(5)).
  public var osReleaseFolders: [String]

  /// Creates the places; the defaults are those of a running Linux.
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
