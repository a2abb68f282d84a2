import JSON
import JetStream
import Locks
import Logging

/// The stream sequence up to which messages were processed, stored in the fleet's bucket. The next leader reads on from there.
final class StreamCheckpoint: Sendable {
  private let key: String
  private let bucket: KeyValueBucket
  private let written = Locked<UInt64>(0)
  private let logger: Logger

  /// Creates a checkpoint that is stored under `key`.
  init(_ key: String, in bucket: KeyValueBucket, logger: Logger) {
    self.key = key
    self.bucket = bucket
    self.logger = logger
  }

  /// The sequence of the last processed message; nil when it is unknown and the whole stream has to be read.
  private func read() async throws(JetStreamError) -> UInt64? {
    guard let entry = try await bucket.get(key, fromLeader: true) else { return nil }
    do {
      let value = try JSONReader.parse(entry.value)
      return value.objectValue?["sequence"]?.integerValue.flatMap(UInt64.init(exactly:))
    } catch {
      logger.warning(
        "a checkpoint can't be read, reading the whole stream",
        metadata: ["key": "\(key)", "reason": "\(error)"])
      return nil
    }
  }

  /// The position from which to read on: after the messages that this instance has read, else after the checkpoint, else the start.
  ///
  /// - Parameters:
  ///   - stream: The name of the stream.
  ///   - sequence: The sequence of the last message that this instance has read; zero for none.
  func start(
    in stream: String, of jetStream: JetStream, after sequence: UInt64
  ) async throws(JetStreamError) -> ConsumerConfiguration.DeliverPolicy {
    let last = try await jetStream.stream(stream).state.lastSequence
    let known = sequence > 0 ? sequence : try await read()
    // A stream whose last sequence is lower was recreated.
    guard let known, known <= last else { return OrderedConsumerOptions().deliverPolicy }
    return .startSequence(known + 1)
  }

  /// Writes the sequence if it changed. After a failure the next call writes it.
  func write(_ sequence: UInt64) async {
    guard sequence != written.withLock({ $0 }) else { return }
    do {
      let value: JSONValue = ["sequence": JSONValue(sequence)]
      try await bucket.put(key, JSONWriter.encode(value))
      written.withLock { $0 = sequence }
    } catch {
      logger.debug("a checkpoint was not written", metadata: ["key": "\(key)", "reason": "\(error)"])
    }
  }
}
