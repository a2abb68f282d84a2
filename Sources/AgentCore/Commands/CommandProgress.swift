import AgentProtocol
import Locks
import Logging

/// What one command writes, on its way to the events subject.
final class CommandProgress: ProgressSink {
  private struct State {
    var buffer: ProgressBuffer
    var isEnded = false
    var lost = 0
  }

  /// How long what is too small for a message of its own waits for more.
  private static let pause = Duration.milliseconds(100)

  private let commandID: String
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let subject: String
  private let logger: Logger
  private let state: Locked<State>
  private let writes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  init(
    commandID: String, uplink: any Uplink, writer: EnvelopeWriter, subject: String, logger: Logger
  ) {
    self.commandID = commandID
    self.uplink = uplink
    self.writer = writer
    self.subject = subject
    self.logger = logger
    // A byte takes six at the most, as \u001b does; the rest is for the envelope.
    let messageSize = min(ProgressBuffer.messageSize, (uplink.maximumPayload - 1024) / 6)
    state = Locked(State(buffer: ProgressBuffer(commandID: commandID, messageSize: messageSize)))
  }

  func write(_ stream: ProgressStream, _ bytes: [UInt8]) {
    state.withLock { state in
      guard !state.isEnded else { return }
      send(state.buffer.append(bytes, to: stream), &state)
    }
    writes.continuation.yield()
  }

  /// Sends what gathers in small pieces, until `finish()`, or its task is cancelled.
  func run() async {
    for await _ in writes.stream {
      do { try await Task.sleep(for: Self.pause) } catch { return }
      state.withLock { send($0.buffer.flush(), &$0) }
    }
  }

  /// Sends all that is left. What is written after this is not sent.
  func finish() {
    let lost = state.withLock { state in
      state.isEnded = true
      send(state.buffer.end(), &state)
      return state.lost
    }
    writes.continuation.finish()
    guard lost > 0 else { return }
    logger.debug(
      "progress not sent", metadata: ["command_id": "\(commandID)", "messages": .stringConvertible(lost)])
  }

  /// Under the lock, so that the order of the numbers is the order of sending.
  private func send(_ messages: [ProgressPayload], _ state: inout State) {
    for message in messages {
      guard uplink.connectionID != nil else {
        state.lost += 1
        continue
      }
      do {
        try uplink.publish(writer.envelope(.progress, payload: message.json), to: subject)
      } catch {
        state.lost += 1
      }
    }
  }
}
