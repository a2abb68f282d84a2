import Glibc
public import HostMetrics

/// Reads the identity of the machine.
public struct HostIdentityReader: Sendable {
  private let files: HostFiles

  /// Creates a reader; the default files are the machine's own.
  public init(files: HostFiles = HostFiles()) {
    self.files = files
  }

  /// Reads the identity. A file that can't be read leaves the documented default in its property.
  public func read() -> HostIdentity {
    let buffer = ReadBuffer()
    // The scanners do not retain the buffer.
    defer { withExtendedLifetime(buffer) {} }
    var node = utsname()
    uname(&node)
    var uptime = content(files.proc + "/uptime", buffer)
    let uptimeSeconds = uptime?.number()
    return HostIdentity(
      hostname: text(node.nodename), kernelVersion: text(node.release), architecture: text(node.machine),
      release: release(buffer), uptimeSeconds: uptimeSeconds,
      bootTime: content(files.proc + "/stat", buffer).flatMap(HostIdentity.bootTime))
  }

  private func release(_ buffer: ReadBuffer) -> OSRelease {
    for folder in files.osReleaseFolders {
      if let content = content(folder + "/os-release", buffer) { return OSRelease(content) }
    }
    return OSRelease()
  }

  private func content(_ path: String, _ buffer: ReadBuffer) -> ByteScanner? {
    do throws(MetricsError) {
      return try KernelFile(path).read(into: buffer)
    } catch {
      return nil
    }
  }
}

/// The text of a fixed-size C array, up to its first NUL.
private func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
