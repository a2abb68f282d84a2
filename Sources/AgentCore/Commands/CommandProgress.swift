import AgentProtocol
import Clocks
import Locks
import Logging

/// Publishes the output of one running command to the events subject.
final class CommandProgress: ProgressSink {
  private struct State {
    var buffer: ProgressBuffer
    var isEnded = false
    var lost = 0
  }

  /// The time for which small writes are coalesced.
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
    // In JSON a byte takes six at most, as in \u001b. 1 KiB is left for the envelope.
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

  /// Publishes coalesced writes until ``finish()`` or until the task is cancelled.
  func run() async {
    for await _ in writes.stream {
      do { try await Task.sleep(for: Self.pause) } catch { return }
      state.withLock { send($0.buffer.flush(), &$0) }
    }
  }

  /// Publishes the rest of the output. Later writes are ignored.
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

  /// Publishes messages. Called under the lock, so that they are sent in the order of their sequence numbers.
  private func send(_ messages: [ProgressPayload], _ state: inout State) {
    for message in messages {
      guard uplink.connectionID != nil else {
        state.lost += 1
        continue
      }
      do {
        try uplink.publish(
          writer.envelope(.progress, payload: message.json, timestamp: UnixTime.now), to: subject)
      } catch {
        state.lost += 1
      }
    }
  }
}
