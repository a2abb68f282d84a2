import Glibc

/// A line of the process table: /proc/PID/stat (proc_pid_stat(5)).
struct ProcessRecord: Equatable {
  let pid: pid_t
  let parent: pid_t
  let group: pid_t
  let session: pid_t
  /// Z and X are processes that have ended.
  let state: UInt8
  /// Clock ticks since boot.
  let startTicks: UInt64

  var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

  /// Reads one process; nil when there is none.
  static func read(_ pid: pid_t) -> ProcessRecord? {
    let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      guard count > 0 else { return nil }
      return ProcessRecord(pid: pid, statLine: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// All processes that can be seen.
  static func readAll() -> [ProcessRecord] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var records: [ProcessRecord] = []
    while let entry = readdir(folder) {
      guard let pid = pid(named: entry), let record = read(pid) else { continue }
      records.append(record)
    }
    return records
  }

  private static func pid(named entry: UnsafeMutablePointer<dirent>) -> pid_t? {
    withUnsafeBytes(of: &entry.pointee.d_name) { name in
      decimal(name.prefix { $0 != 0 }).flatMap { pid_t(exactly: $0) }
    }
  }

  /// The second field, the program's name in parentheses, may hold spaces and parentheses itself.
  init?(pid: pid_t, statLine: UnsafeRawBufferPointer) {
    guard let nameEnd = statLine.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = statLine[(nameEnd + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
    // fields[0] is the third field of the line, the state; the start time is the 22nd.
    guard fields.count > 19, let state = fields[0].first,
      let parent = Self.decimal(fields[1]), let group = Self.decimal(fields[2]),
      let session = Self.decimal(fields[3]), let startTicks = Self.decimal(fields[19])
    else { return nil }
    self.pid = pid
    self.parent = pid_t(truncatingIfNeeded: parent)
    self.group = pid_t(truncatingIfNeeded: group)
    self.session = pid_t(truncatingIfNeeded: session)
    self.state = state
    self.startTicks = startTicks
  }

  private static func decimal(_ digits: some Collection<UInt8>) -> UInt64? {
    guard !digits.isEmpty, digits.count < 20 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = digit else { return nil }
      value = value &* 10 &+ UInt64(digit &- UInt8(ascii: "0"))
    }
    return value
  }
}
