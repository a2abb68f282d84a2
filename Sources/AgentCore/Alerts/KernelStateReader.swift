import Encoding
import Glibc

/// Reads the state of kernel and distribution that alerts depend on: OOM kills and required reboots. Tests replace the paths.
struct KernelStateReader: Sendable {
  /// /proc/vmstat (proc_vmstat(5)).
  var vmstat = "/proc/vmstat"
  /// The folders of `reboot-required` and `reboot-required.pkgs`, which packages of Debian and Ubuntu create.
  var runFolders = ["/run", "/var/run"]
  /// The kernel log (Documentation/ABI/testing/dev-kmsg).
  var kernelLog = "/dev/kmsg"

  /// The number of package names to report.
  private static let maximumPackages = 50

  /// The number of OOM kills since boot; nil before Linux 4.13.
  func oomKills() -> UInt64? {
    guard let text = text(of: vmstat) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
      return UInt64(line.dropFirst("oom_kill ".count))
    }
    return nil
  }

  /// Whether installed updates require a reboot.
  func isRebootRequired() -> Bool {
    runFolders.contains { FileBytes.exists($0 + "/reboot-required") }
  }

  /// The distinct packages that require the reboot, in order.
  func rebootPackages() -> [String] {
    var names: [String] = []
    for folder in runFolders where names.isEmpty {
      for line in text(of: folder + "/reboot-required.pkgs")?.split(whereSeparator: \.isNewline) ?? []
      where names.count < Self.maximumPackages && !names.containsExactly(line.prefix(bytes: 128)) {
        names.append(line.prefix(bytes: 128))
      }
    }
    return names
  }

  /// The last OOM victims, oldest first; empty where the kernel log cannot be read.
  func oomVictims(last count: Int) -> [OOMVictim] {
    // O_NONBLOCK: read(2) fails with EAGAIN at the end of the log.
    let log = open(kernelLog, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard log >= 0 else { return [] }
    defer { close(log) }
    var victims: [OOMVictim] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    // More records than the largest ring buffer holds. Each read returns one.
    for _ in 0..<100_000 {
      let length = read(log, &buffer, buffer.count)
      // EPIPE: the record was overwritten. The next read returns the oldest available one.
      if length < 0, errno == EINTR || errno == EPIPE { continue }
      guard length > 0 else { break }
      for line in String(decoding: buffer[..<length], as: UTF8.self).split(separator: "\n") {
        guard let victim = OOMVictim(line: line) else { continue }
        victims.append(victim)
        if victims.count > count { victims.removeFirst() }
      }
    }
    return victims
  }

  /// The content of a file; nil when it cannot be read, which is normal on other distributions.
  private func text(of path: String) -> String? {
    do throws(FileBytes.Problem) {
      return String(decoding: try FileBytes(path: path).bytes, as: UTF8.self)
    } catch {
      return nil
    }
  }
}
