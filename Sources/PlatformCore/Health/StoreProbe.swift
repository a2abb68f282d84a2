import Clocks
import JetStream
import NATS

/// Probes whether JetStream stores messages, by writing some.
///
/// nats-server does not answer when a write fails on a full disk. A stream whose write has failed stores nothing
/// until the server is restarted, while other streams still work. So a probe covers every stream once one of them is
/// suspect.
struct StoreProbe: Sendable {
  /// The size of a probe in bytes, larger than the free rest of a file system's last block.
  private static let size = 8 * 1_024
  private static let timeout = Duration.seconds(2)
  /// A key without a record. Readers of the bucket skip the marker of its deletion.
  private static let key = "probe"

  private let client: NATSClient
  private let jetStream: JetStream
  private let record: JetStream
  private let instance: String

  init(client: NATSClient, instance: String) {
    self.client = client
    self.instance = instance
    jetStream = JetStream(client, timeout: Self.timeout)
    record = AuditRecord.jetStream(client, timeout: Self.timeout)
  }

  /// Writes to the bucket of leases, which expires the message after seconds.
  ///
  /// - Returns: The failures by stream.
  func write() async -> [String: JetStreamError] {
    // Random bytes, which a compressing file system cannot shrink.
    let bytes = (0..<Self.size).map { _ in UInt8.random(in: .min ... .max) }
    // A full stream accepts a message that replaces one of the same size. The earlier probes have expired before
    // their key is reused.
    let number = Int(BootClock.now) % 16
    do throws(JetStreamError) {
      try await jetStream.publish(
        bytes, to: "$KV.\(PlatformStorage.leases).\(Self.key).\(instance).\(number)")
      return [:]
    } catch {
      return ["KV_\(PlatformStorage.leases)": error]
    }
  }

  /// Writes to every stream except the audit record, whose entries can't be removed: only its state is read.
  ///
  /// - Returns: The failures by stream.
  func writeToAll() async -> [String: JetStreamError] {
    await withTaskGroup(of: [String: JetStreamError].self) { group in
      group.addTask { await self.write() }
      for bucket in PlatformStorage.buckets where bucket != PlatformStorage.leases {
        group.addTask {
          await Self.failure("KV_\(bucket)") { () async throws(JetStreamError) in
            try await jetStream.keyValue(bucket).delete(Self.key)
          }
        }
      }
      for (stream, subject) in PlatformStorage.probeSubjects {
        group.addTask {
          await Self.failure(stream) { () async throws(JetStreamError) in
            try await self.append(to: stream, subject)
          }
        }
      }
      group.addTask {
        await Self.failure(PlatformStorage.auditStream) { () async throws(JetStreamError) in
          _ = try await record.stream(PlatformStorage.auditStream)
        }
      }
      return await group.reduce(into: [:]) { $0.merge($1) { $1 } }
    }
  }

  private static func failure(
    _ stream: String, _ body: () async throws(JetStreamError) -> Void
  ) async -> [String: JetStreamError] {
    do throws(JetStreamError) {
      try await body()
      return [:]
    } catch {
      return [stream: error]
    }
  }

  /// Publishes to a stream without acknowledgements, and waits until it has a message more.
  private func append(to stream: String, _ subject: String) async throws(JetStreamError) {
    let before = try await jetStream.stream(stream).state.lastSequence
    do throws(NATSError) {
      try client.publish(Array("{}".utf8), to: subject)
    } catch {
      throw JetStreamError(.nats, error.message, underlying: error)
    }
    let deadline = ContinuousClock.now + Self.timeout
    while ContinuousClock.now < deadline {
      if try await jetStream.stream(stream).state.lastSequence > before { return }
      do {
        try await Task.sleep(for: .milliseconds(100))
      } catch {
        throw JetStreamError(.cancelled, "stopping")
      }
    }
    throw JetStreamError(.timeout, "stream \(stream) did not store a message")
  }
}
