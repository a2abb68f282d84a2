import Glibc

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
    var node = utsname()
    uname(&node)
    let release = release(buffer)
    return HostIdentity(
      hostname: text(node.nodename),
      operatingSystem: release.version.map { "\(release.id) \($0)" } ?? release.id,
      kernelVersion: text(node.release), architecture: text(node.machine),
      uptimeSeconds: uptime(buffer), bootTime: bootTime(buffer),
      systemFamily: [release.id] + release.like)
  }

  private func release(_ buffer: ReadBuffer) -> OSRelease {
    for folder in files.osReleaseFolders {
      if let content = content(folder + "/os-release", buffer) { return OSRelease(content) }
    }
    return OSRelease()
  }

  private func uptime(_ buffer: ReadBuffer) -> UInt64 {
    var content = content(files.proc + "/uptime", buffer)
    return content?.number() ?? 0
  }

  private func bootTime(_ buffer: ReadBuffer) -> UInt64 {
    guard var content = content(files.proc + "/stat", buffer) else { return 0 }
    while var line = content.line() {
      if line.take("btime ") { return line.number() ?? 0 }
    }
    return 0
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
