import JSON
import JetStream
import Locks
import Logging

/// How far a stream was read and what it said dealt with: a key of the fleet's bucket, from which the next leader reads on.
final class StreamCheckpoint: Sendable {
  private let key: String
  private let bucket: KeyValueBucket
  private let written = Locked<UInt64>(0)
  private let logger: Logger

  /// A checkpoint.
  init(_ key: String, in bucket: KeyValueBucket, logger: Logger) {
    self.key = key
    self.bucket = bucket
    self.logger = logger
  }

  /// The sequence of the last message that was dealt with; nil when none is known, and all are to be read.
  private func read() async throws(JetStreamError) -> UInt64? {
    guard let entry = try await bucket.get(key, fromLeader: true) else { return nil }
    do {
      let value = try JSONReader.parse(entry.value)
      return value.objectValue?["sequence"]?.integerValue.flatMap(UInt64.init(exactly:))
    } catch {
      logger.warning(
        "a checkpoint can't be read, the whole stream is", metadata: ["key": "\(key)", "reason": "\(error)"])
      return nil
    }
  }

  /// Where in the stream to read on: after what this instance has read, else after the checkpoint, else from its beginning.
  ///
  /// - Parameters:
  ///   - stream: the stream's name.
  ///   - sequence: of the last message that this instance has read; zero for none.
  func start(
    in stream: String, of jetStream: JetStream, after sequence: UInt64
  ) async throws(JetStreamError) -> ConsumerConfiguration.DeliverPolicy {
    let last = try await jetStream.stream(stream).state.lastSequence
    let known = sequence > 0 ? sequence : try await read()
    // A stream that has fewer messages than were read was made anew.
    guard let known, known <= last else { return OrderedConsumerOptions().deliverPolicy }
    return .startSequence(known + 1)
  }

  /// Writes the sequence if it is another one than last time. What can't be written now is by the next call.
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
