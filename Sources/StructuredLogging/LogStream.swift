internal import Locks
internal import Logging

/// Writes lines to standard output, each with one write(2).
///
/// When the reader is slow, lines are queued up to ``capacity`` bytes and then dropped. The queue is written before the next line,
/// followed by a line with the number of lost lines.
final class LogStream: Sendable {
  /// The maximum size of the queue, in bytes.
  static let capacity = 262_144

  private struct State {
    var descriptor: LogDescriptor
    var backlog: [UInt8] = []
    var room = LogDropPolicy(capacity: LogStream.capacity)
    /// Whether an error truncated the last line.
    var isMidLine = false
  }

  private let state: Locked<State>
  private let encode: @Sendable (LogRecord) -> [UInt8]

  init(descriptor: Int32, encode: @escaping @Sendable (LogRecord) -> [UInt8]) {
    state = Locked(State(descriptor: LogDescriptor(inherited: descriptor)))
    self.encode = encode
  }

  deinit {
    state.withLock { $0.descriptor.close() }
  }

  /// The lines lost since the last line that reported a loss.
  var dropped: Int { state.withLock { $0.room.lost } }

  /// Writes a line.
  ///
  /// - Returns: The encoded line.
  @discardableResult
  func write(_ record: LogRecord) -> [UInt8] {
    let line = encode(record)
    state.withLock { state in
      if !state.backlog.isEmpty || state.room.lost > 0 { drain(&state) }
      if state.backlog.isEmpty, state.room.lost == 0 {
        send(line, isExpendable: record.isExpendable, &state)
      } else {
        keep(line, isExpendable: record.isExpendable, &state)
      }
    }
    return line
  }

  /// Writes the queue, waiting for room until the deadline.
  func flush(until deadline: ContinuousClock.Instant) {
    repeat {
      let isDone = state.withLock { state in
        drain(&state)
        return state.backlog.isEmpty
      }
      if isDone { return }
      let descriptor = state.withLock { $0.descriptor }
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { return }
      _ = descriptor.isWritable(waiting: 20)
    } while ContinuousClock.now < deadline
  }

  private func send(_ line: [UInt8], isExpendable: Bool, _ state: inout State) {
    let (rest, isFailed) = push(line[...], &state)
    if rest.isEmpty { return }
    if isFailed {
      state.isMidLine = rest.count < line.count
      state.room.lose(1)
    } else if rest.count < line.count {
      state.backlog += rest
    } else {
      keep(line, isExpendable: isExpendable, &state)
    }
  }

  private func keep(_ line: [UInt8], isExpendable: Bool, _ state: inout State) {
    guard state.room.admits(line.count, beside: state.backlog.count, isExpendable: isExpendable) else {
      return
    }
    state.backlog += line
  }

  /// Writes as much of the queue as there is room for, then a line with the number of lost lines.
  private func drain(_ state: inout State) {
    let (rest, isFailed) = push(state.backlog[...], &state)
    if isFailed {
      state.isMidLine = rest.count < state.backlog.count
      state.room.lose(rest.count { $0 == UInt8(ascii: "\n") })
      state.backlog.removeAll()
    } else if rest.isEmpty {
      state.backlog.removeAll(keepingCapacity: true)
    } else {
      state.backlog = Array(rest)
      return
    }
    guard state.room.lost > 0 else { return }
    let notice = (state.isMidLine ? [UInt8(ascii: "\n")] : []) + encode(.dropped(state.room.lost))
    let (unwritten, _) = push(notice[...], &state)
    guard unwritten.count < notice.count else { return }
    state.backlog = Array(unwritten)
    _ = state.room.takeLost()
    state.isMidLine = false
  }

  /// Writes until all bytes are written, there is no room, or an error occurs.
  ///
  /// - Returns: The unwritten bytes, and whether an error occurred.
  private func push(
    _ bytes: ArraySlice<UInt8>, _ state: inout State
  ) -> (rest: ArraySlice<UInt8>, isFailed: Bool) {
    var rest = bytes
    while !rest.isEmpty {
      switch state.descriptor.write(rest) {
      case .wrote(let count): rest = rest.dropFirst(count)
      case .wouldBlock: return (rest, false)
      case .failed: return (rest, true)
      }
    }
    return (rest, false)
  }
}

extension LogRecord {
  /// The report of lost lines.
  static func dropped(_ count: Int) -> LogRecord {
    LogRecord(
      level: .warning, message: "log lines were lost: the reader did not keep up or the disk was full",
      fields: ["dropped_lines": .stringConvertible(count)])
  }
}
