import Glibc

/// Reads the small files in which the machine says that something is wrong. The places can be those of a folder of fixtures.
struct KernelStateReader: Sendable {
  /// /proc/vmstat (proc_vmstat(5)).
  var vmstat = "/proc/vmstat"
  /// Folders that may hold `reboot-required` and `reboot-required.pkgs`, which Debian's and Ubuntu's packages leave there.
  var runFolders = ["/run", "/var/run"]
  /// The kernel's log (Documentation/ABI/testing/dev-kmsg).
  var kernelLog = "/dev/kmsg"

  /// More package names than anybody reads.
  private static let maximumPackages = 50

  /// The kernel's count of the processes that it has killed for want of memory; nil before Linux 4.13.
  func oomKills() -> UInt64? {
    guard let text = text(of: vmstat) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
      return UInt64(line.dropFirst("oom_kill ".count))
    }
    return nil
  }

  /// Whether something that was installed wants the machine rebooted.
  func isRebootRequired() -> Bool {
    runFolders.contains { FileBytes.exists($0 + "/reboot-required") }
  }

  /// The packages that want it, each once, in their order.
  func rebootPackages() -> [String] {
    var names: [String] = []
    for folder in runFolders where names.isEmpty {
      for line in text(of: folder + "/reboot-required.pkgs")?.split(whereSeparator: \.isNewline) ?? []
      where names.count < Self.maximumPackages && !names.contains(String(line.prefix(128))) {
        names.append(String(line.prefix(128)))
      }
    }
    return names
  }

  /// The last processes that were killed for want of memory, the oldest first; empty where the log may not be read.
  func oomVictims(last count: Int) -> [OOMVictim] {
    // Never waits: at the end of the log there is EAGAIN.
    let log = open(kernelLog, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard log >= 0 else { return [] }
    defer { close(log) }
    var victims: [OOMVictim] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    // As many records as the largest ring has room for; each read gives one.
    for _ in 0..<100_000 {
      let length = read(log, &buffer, buffer.count)
      // EPIPE: the record was overwritten meanwhile, the next read gives the oldest that is there.
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

  /// A file's text; nil when it is not there or can't be read, which on another kind of system is no fault.
  private func text(of path: String) -> String? {
    do throws(FileBytes.Problem) {
      return String(decoding: try FileBytes(path: path).bytes, as: UTF8.self)
    } catch {
      return nil
    }
  }
}
