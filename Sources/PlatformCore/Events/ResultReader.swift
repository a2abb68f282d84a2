import Encoding
import JetStream
import Locks
import Logging
import NIOCore
import PlatformAPI

/// Consumes the result stream while this instance leads.
///
/// Results have a stream of their own, so that a flood of events can't displace unread results.
struct ResultReader: Sendable {
  static let checkpointKey = "checkpoint.results"
  private static let pause = Duration.seconds(1)

  private let jetStream: JetStream
  private let observer: any EventObserver
  private let checkpoint: StreamCheckpoint
  private let logger: Logger
  private let results = InFlightResults()
  /// The sequence of the last message read; zero at first.
  private let last = Locked<UInt64>(0)

  /// Creates a reader that continues after the checkpoint in the fleet's bucket.
  init(jetStream: JetStream, bucket: KeyValueBucket, observer: any EventObserver, logger: Logger) {
    self.jetStream = jetStream
    self.observer = observer
    self.logger = logger
    checkpoint = StreamCheckpoint(Self.checkpointKey, in: bucket, logger: logger)
  }

  /// Reads until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.consume() }
      group.addTask { await self.writeCheckpoints() }
    }
  }

  private func writeCheckpoints() async {
    while !Task.isCancelled {
      let last = last.withLock { $0 }
      if last > 0 { await checkpoint.write(results.checkpoint(upTo: last)) }
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: Self.pause)
    }
  }

  private func consume() async {
    while !Task.isCancelled {
      do throws(JetStreamError) {
        try await read()
      } catch {
        logger.warning("results can't be read, trying again", metadata: ["reason": "\(error)"])
      }
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: Self.pause)
    }
  }

  private func read() async throws(JetStreamError) {
    let stream = PlatformStorage.resultsStream
    let start = try await checkpoint.start(in: stream, of: jetStream, after: last.withLock { $0 })
    let options = OrderedConsumerOptions(deliverPolicy: start, batch: 256)
    for try await message in jetStream.orderedConsumer(stream: stream, options) {
      process(message)
    }
  }

  private func process(_ message: JetStreamMessage) {
    let read = results.begin(message.streamSequence)
    last.withLock { $0 = message.streamSequence }
    guard let (uuid, command) = PlatformSubjects.parseResult(message.subject) else { return read.complete() }
    do throws(InvalidEvent) {
      let event = try AgentEvent(parsing: Array(message.payload.readableBytesView))
      guard case .result(let result) = event, result.commandID.hasSameBytes(as: command) else { throw .type }
      if !observer.answered(result, of: uuid, read: read, at: message.time) { read.complete() }
    } catch {
      logger.debug("a result was rejected", metadata: ["agent": "\(uuid)", "reason": "\(error)"])
      read.complete()
    }
  }
}
