/// What machine this is.
public struct HostIdentity: Sendable, Equatable {
  /// The kernel's name for the node (uname(2)).
  public var hostname: String
  /// `ID` and `VERSION_ID` of os-release(5), `ubuntu 24.04`; only the first where a release has no version,
  /// `linux` where there is no such file.
  public var operatingSystem: String
  /// `ID` and `ID_LIKE` of os-release(5): what it is, then what it derives from, the nearest first.
  public var systemFamily: [String]
  /// The release of the kernel, `uname -r`.
  public var kernelVersion: String
  /// The instruction set, `uname -m` (`x86_64`, `aarch64`).
  public var architecture: String
  /// Seconds since boot; 0 where `/proc/uptime` can't be read.
  public var uptimeSeconds: UInt64
  /// When the machine booted, in unix seconds (`btime` of proc_stat(5)); 0 where that can't be read.
  public var bootTime: UInt64

  /// Creates an identity from its parts.
  public init(
    hostname: String, operatingSystem: String, kernelVersion: String, architecture: String,
    uptimeSeconds: UInt64, bootTime: UInt64, systemFamily: [String] = []
  ) {
    self.hostname = hostname
    self.operatingSystem = operatingSystem
    self.kernelVersion = kernelVersion
    self.architecture = architecture
    self.uptimeSeconds = uptimeSeconds
    self.bootTime = bootTime
    self.systemFamily = systemFamily
  }
}
