internal import Locks
internal import Logging

/// Standard output: a line is one write(2). When the reader does not keep up, lines are kept up to ``capacity`` bytes
/// and then counted; they follow with the next line that finds room, and a line tells how many were lost.
final class LogStream: Sendable {
  /// Bytes kept for a reader that does not read.
  static let capacity = 262_144

  private struct State {
    var descriptor: LogDescriptor
    var backlog: [UInt8] = []
    var room = LogRoom(capacity: LogStream.capacity)
    /// A line was cut by an error in the middle.
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

  /// Lines lost since the last one that told.
  var dropped: Int { state.withLock { $0.room.lost } }

  /// Writes a line; its bytes.
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

  /// Tries to write what is kept until it is gone or the deadline has passed.
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

  /// Writes what is kept as far as there is room, then tells how many lines were lost.
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
    let (unsaid, _) = push(notice[...], &state)
    guard unsaid.count < notice.count else { return }
    state.backlog = Array(unsaid)
    _ = state.room.takeLost()
    state.isMidLine = false
  }

  /// Writes until all is written, there is no room, or an error comes; the rest, and whether it was an error.
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
  /// Tells of lines that could not be written.
  static func dropped(_ count: Int) -> LogRecord {
    LogRecord(
      level: .warning, message: "log lines were lost: the reader did not keep up or the disk was full",
      fields: ["dropped_lines": .stringConvertible(count)])
  }
}
