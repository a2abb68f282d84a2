/// Name, operating system and kernel of a machine.
public struct HostIdentity: Sendable, Equatable {
  /// The kernel's name for the node (uname(2)).
  public var hostname: String
  /// `ID` and `VERSION_ID` of os-release(5), `ubuntu 24.04`; only the first where a release has no version,
  /// `linux` where there is no such file.
  public var operatingSystem: String
  /// `ID` and `ID_LIKE` of os-release(5): the system, then the systems it derives from, closest first.
  public var systemFamily: [String]
  /// The release of the kernel, `uname -r`.
  public var kernelVersion: String
  /// The instruction set, `uname -m` (`x86_64`, `aarch64`).
  public var architecture: String
  /// Seconds since boot; 0 where `/proc/uptime` can't be read.
  public var uptimeSeconds: UInt64
  /// Boot time in Unix seconds (`btime` of proc_stat(5)); 0 where it can't be read.
  public var bootTime: UInt64

  /// Creates an identity.
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

extension HostIdentity {
  /// Creates an identity from uname(2), os-release(5) and two files of procfs. A missing value leaves its documented default.
  package init(
    hostname: String, kernelVersion: String, architecture: String, release: OSRelease,
    uptimeSeconds: UInt64?, bootTime: UInt64?
  ) {
    self.init(
      hostname: hostname, operatingSystem: release.version.map { "\(release.id) \($0)" } ?? release.id,
      kernelVersion: kernelVersion, architecture: architecture, uptimeSeconds: uptimeSeconds ?? 0,
      bootTime: bootTime ?? 0, systemFamily: [release.id] + release.like)
  }

  /// Parses `btime` of `/proc/stat` (proc_stat(5)); `nil` if it is missing.
  package static func bootTime(_ content: ByteScanner) -> UInt64? {
    var content = content
    while var line = content.line() {
      if line.take("btime ") { return line.number() }
    }
    return nil
  }
}
