import AgentProtocol
import HostControl

/// Splits the output of a command into progress messages of bounded size and number. No I/O.
struct ProgressBuffer {
  /// The output in one message, in bytes.
  static let messageSize = 16 << 10
  /// The output of one command that is reported, both streams together, in bytes.
  static let totalSize = 4 << 20

  private let commandID: String
  private let messageSize: Int
  private let totalSize: Int
  private var stdout: [UInt8] = []
  private var stderr: [UInt8] = []
  private var taken = 0
  private var lastSequence: UInt64 = 0

  /// Creates a buffer for one command.
  init(commandID: String, messageSize: Int = messageSize, totalSize: Int = totalSize) {
    self.commandID = commandID
    self.messageSize = max(4, messageSize)
    self.totalSize = totalSize
  }

  /// Appends output.
  ///
  /// - Returns: The full messages, in order.
  mutating func append(_ bytes: [UInt8], to stream: ProgressStream) -> [ProgressPayload] {
    guard taken < totalSize else { return [] }
    let room = totalSize - taken
    taken += min(room, bytes.count)
    var rest = self[stream] + bytes.prefix(room)
    var messages: [ProgressPayload] = []
    while rest.count >= messageSize {
      let part = UTF8Boundary.droppingPartialEnd(rest[..<messageSize])
      messages.append(message(stream, part))
      rest.removeFirst(part.count)
    }
    self[stream] = rest
    if taken == totalSize {
      messages += end()
      let note = "\n[the first \(totalSize) bytes were reported; the rest is only in the result]\n"
      messages.append(message(stream, ArraySlice(note.utf8)))
    }
    return messages
  }

  /// Returns the buffered output as messages, except an incomplete UTF-8 sequence at the end.
  mutating func flush() -> [ProgressPayload] {
    take { UTF8Boundary.droppingPartialEnd($0[...]) }
  }

  /// Returns the rest of the output as messages.
  mutating func end() -> [ProgressPayload] {
    take { $0[...] }
  }

  private mutating func take(_ part: ([UInt8]) -> ArraySlice<UInt8>) -> [ProgressPayload] {
    var messages: [ProgressPayload] = []
    for stream in [ProgressStream.stdout, .stderr] {
      let ready = part(self[stream])
      guard !ready.isEmpty else { continue }
      messages.append(message(stream, ready))
      self[stream].removeFirst(ready.count)
    }
    return messages
  }

  private mutating func message(_ stream: ProgressStream, _ bytes: ArraySlice<UInt8>) -> ProgressPayload {
    lastSequence += 1
    return ProgressPayload(
      commandID: commandID, sequence: lastSequence, stream: stream,
      data: String(decoding: bytes, as: UTF8.self))
  }

  private subscript(stream: ProgressStream) -> [UInt8] {
    get {
      switch stream {
      case .stdout: stdout
      case .stderr: stderr
      }
    }
    set {
      switch stream {
      case .stdout: stdout = newValue
      case .stderr: stderr = newValue
      }
    }
  }
}
