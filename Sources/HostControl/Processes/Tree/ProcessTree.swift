import CLinuxProcess
import Glibc

/// The processes of one program or unit, collected from the process table.
struct ProcessTree {
  /// The origin of the processes.
  enum Root: Sendable {
    /// A program that leads a session and a process group, and its start time in clock ticks since boot. Its descendants are not
    /// older.
    case program(pid_t, startedAt: UInt64)
    /// A program that has ended. Only processes in these control groups, in the format of `/proc/self/cgroup`, belong to it.
    case remains(of: pid_t, startedAt: UInt64, controlGroups: [UInt8])
    /// The control groups of all units whose names have this prefix.
    case units(prefix: String)
  }

  private let root: Root
  /// The start times of the members, by PID.
  private(set) var members: [pid_t: UInt64] = [:]

  init(_ root: Root) {
    self.root = root
  }

  private func isOfRoot(_ record: ProcessRecord) -> Bool {
    switch root {
    case .program(let pid, let startedAt):
      Self.isOf(pid, startedAt, record)
    case .remains(let pid, let startedAt, let controlGroups):
      Self.isOf(pid, startedAt, record) && ControlGroups.match(controlGroups, of: record.pid)
    case .units(let prefix): ControlGroups.hasUnit(prefix, record.pid)
    }
  }

  private static func isOf(_ pid: pid_t, _ startedAt: UInt64, _ record: ProcessRecord) -> Bool {
    (record.session == pid || record.group == pid) && record.startTicks >= startedAt
  }

  /// Stops (SIGSTOP) and collects all running members, until a pass finds no new one: a stopped process cannot fork.
  ///
  /// - Parameter isAdopted: Whether an orphan that is a child of this process belongs to the tree.
  /// - Returns: Whether new running members were found.
  @discardableResult
  mutating func freeze(adopting isAdopted: (ProcessRecord) -> Bool) -> Bool {
    var foundAny = false
    // Each pass finds at least the children that were forked before their parents were stopped. The bound is for a fork bomb
    // that is faster than this loop.
    for _ in 0..<64 {
      let new = newMembers(in: ProcessRecord.readAll(), isAdopted)
      if new.isEmpty { break }
      foundAny = true
      for record in new {
        members[record.pid] = record.startTicks
        Self.send(SIGSTOP, to: record.pid, startTicks: record.startTicks)
      }
    }
    return foundAny
  }

  private func newMembers(
    in table: [ProcessRecord], _ isAdopted: (ProcessRecord) -> Bool
  ) -> [ProcessRecord] {
    var belonging = Set<pid_t>()
    var childrenOf: [pid_t: [ProcessRecord]] = [:]
    var seeds: [ProcessRecord] = []
    for record in table {
      childrenOf[record.parent, default: []].append(record)
      if members[record.pid] == record.startTicks || isOfRoot(record) || isAdopted(record) {
        seeds.append(record)
      }
    }
    var new: [ProcessRecord] = []
    while let record = seeds.popLast() {
      guard belonging.insert(record.pid).inserted else { continue }
      if !record.hasEnded, members[record.pid] != record.startTicks { new.append(record) }
      seeds.append(contentsOf: childrenOf[record.pid] ?? [])
    }
    return new
  }

  /// Sends a signal to all running members.
  func signal(_ signal: Int32) {
    for (pid, startTicks) in members { Self.send(signal, to: pid, startTicks: startTicks) }
  }

  /// Removes the members that have ended.
  ///
  /// - Returns: Whether none is left.
  mutating func removeEnded() -> Bool {
    members = members.filter { pid, startTicks in
      guard let record = ProcessRecord.read(pid) else { return false }
      return record.startTicks == startTicks && !record.hasEnded
    }
    return members.isEmpty
  }

  /// Signals through a pidfd, as the PID could be reused between the check and the signal.
  private static func send(_ signal: Int32, to pid: pid_t, startTicks: UInt64) {
    let pidfd = clp_pidfd_open(pid)
    guard pidfd >= 0 else { return }
    defer { close(pidfd) }
    guard ProcessRecord.read(pid)?.startTicks == startTicks else { return }
    _ = clp_pidfd_send_signal(pidfd, signal)
  }
}
