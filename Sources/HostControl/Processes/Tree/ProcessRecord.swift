import Glibc

/// An entry of the process table: /proc/PID/stat (proc_pid_stat(5)).
///
/// Cancelling a run reads the whole table several times, so the bytes are parsed in place.
struct ProcessRecord: Equatable {
  let pid: pid_t
  let parent: pid_t
  let group: pid_t
  let session: pid_t
  /// The state letter; Z and X for processes that have ended.
  let state: UInt8
  /// The start time in clock ticks since boot.
  let startTicks: UInt64

  var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

  /// Reads the entry of a process; nil when there is none.
  static func read(_ pid: pid_t) -> ProcessRecord? {
    withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
      writeStatPath(of: pid, into: buffer)
      let path = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      guard let path, case let descriptor = open(path, O_RDONLY | O_CLOEXEC), descriptor >= 0 else {
        return nil
      }
      defer { close(descriptor) }
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      guard count > 0 else { return nil }
      return ProcessRecord(pid: pid, statLine: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Reads the entries of all visible processes.
  static func readAll() -> [ProcessRecord] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var records: [ProcessRecord] = []
    while let entry = readdir(folder) {
      let number = withUnsafeBytes(of: &entry.pointee.d_name) { DecimalFields($0).first }
      guard let number, let pid = pid_t(exactly: number), let record = read(pid) else { continue }
      records.append(record)
    }
    return records
  }

  /// Parses an entry. The second field, the program's name in parentheses, may contain spaces and parentheses.
  init?(pid: pid_t, statLine: UnsafeRawBufferPointer) {
    guard let nameEnd = statLine.lastIndex(of: UInt8(ascii: ")")), statLine.count - nameEnd > 3 else {
      return nil
    }
    self.pid = pid
    state = statLine[nameEnd + 2]
    // The fields from the fourth on; the start time is the 22nd. The fields between may be negative.
    var fields = DecimalFields(UnsafeRawBufferPointer(rebasing: statLine[(nameEnd + 4)...]))
    guard let parent = fields.next(), let group = fields.next(), let session = fields.next() else {
      return nil
    }
    fields.skip(15)
    guard let startTicks = fields.next() else { return nil }
    self.parent = pid_t(truncatingIfNeeded: parent)
    self.group = pid_t(truncatingIfNeeded: group)
    self.session = pid_t(truncatingIfNeeded: session)
    self.startTicks = startTicks
  }

  private static func writeStatPath(of pid: pid_t, into buffer: UnsafeMutableRawBufferPointer) {
    var length = 0
    func append(_ text: StaticString) {
      buffer[length...].copyBytes(
        from: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
      length += text.utf8CodeUnitCount
    }
    append("/proc/")
    var scale: pid_t = 1_000_000_000
    while scale > 1, pid < scale { scale /= 10 }
    while scale > 0 {
      buffer[length] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pid / scale % 10)
      length += 1
      scale /= 10
    }
    append("/stat\0")
  }
}

/// Unsigned decimal numbers, separated by single spaces.
private struct DecimalFields {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The first field; nil when it is not a number.
  var first: UInt64? {
    var copy = self
    return copy.next()
  }

  /// The next field, nil when it is not a number.
  mutating func next() -> UInt64? {
    let start = position
    var value: UInt64 = 0
    while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      value = value &* 10 &+ UInt64(digit)
      position += 1
    }
    guard position > start, position - start < 20 else { return nil }
    guard position == bytes.count || bytes[position] <= UInt8(ascii: " ") else { return nil }
    position += 1
    return value
  }

  mutating func skip(_ count: Int) {
    var left = count
    while left > 0, position < bytes.count {
      if bytes[position] == UInt8(ascii: " ") { left -= 1 }
      position += 1
    }
  }
}

/// Identifies a process within this boot: a PID is reused, a PID with its start time is not.
public struct ProcessIdentity: Sendable, Hashable {
  /// The process id.
  public let pid: Int32
  /// The start time in clock ticks since boot (field 22 of proc_pid_stat(5)).
  public let startTicks: UInt64

  /// Creates an identity.
  public init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }

  /// Identifies the running process with this PID; nil when there is none.
  public init?(of pid: Int32) {
    guard let record = ProcessRecord.read(pid) else { return nil }
    self.init(pid: pid, startTicks: record.startTicks)
  }
}

/// The children of a process: /proc/PID/task/TID/children (proc_tid_children(5)).
enum OwnChildren {
  static func read(_ pid: pid_t) -> [pid_t] {
    guard let folder = opendir("/proc/\(pid)/task") else { return [] }
    defer { closedir(folder) }
    var children: [pid_t] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { name in
        String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let thread = pid_t(name) else { continue }
      children.append(contentsOf: readList("/proc/\(pid)/task/\(thread)/children"))
    }
    return children
  }

  private static func readList(_ path: String) -> [pid_t] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var text: [UInt8] = []
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while text.count < 1024 * 1024 {
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        text.append(contentsOf: buffer[..<count])
      }
    }
    return text.split(separator: UInt8(ascii: " ")).compactMap { digits in
      pid_t(String(decoding: digits, as: UTF8.self))
    }
  }
}
