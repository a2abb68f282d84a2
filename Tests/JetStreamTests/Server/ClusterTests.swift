import JetStream
import NATS
import NATSTesting
import NIOCore
import Testing

/// A stream with three replicas, whose leader fails while it is used.
@Suite(.serialized) struct ClusterTests {
  @Test(arguments: ["stream", "other"]) func noMessageIsLostWhenAServerFails(_ which: String) async throws {
    try await withCluster { cluster, client in
      let jetStream = JetStream(client, timeout: .seconds(40))
      _ = try await jetStream.makeStream("S") { $0.replicas = 3 }
      let bucket = try await jetStream.createKeyValue(
        KeyValueConfiguration(bucket: "b", history: 64, replicas: 3))
      // Messages delivered by a failed server are redelivered after this time.
      var settings = ConsumerConfiguration(name: "c")
      settings.ackWait = .seconds(2)
      let consumer = try await jetStream.createConsumer(stream: "S", settings)
      // Requests lost with a server are retried.
      let reading = JetStream(client, timeout: .seconds(5))
      let readingBucket = try await reading.keyValue("b")
      // A publish to the failed server gets no response.
      let quick = JetStream(client, timeout: .seconds(2))
      let quickBucket = try await quick.keyValue("b")
      let total = 60
      try await within(testTimeout * 2) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await ordered(reading, total) }
          group.addTask { try await watched(readingBucket, total) }
          group.addTask { try await pulled(consumer, total) }
          group.addTask {
            for number in 1...total {
              if number == total / 3 {
                let name = try await jetStream.stream("S").cluster?.leader
                let leader = cluster.servers.indices.first { "s\($0)" == name } ?? 0
                cluster.servers[which == "stream" ? leader : (leader + 1) % 3].stop()
              }
              try await publishUntilAcknowledged(quick, number)
              try await putUntilAcknowledged(quickBucket, number)
            }
          }
          try await group.waitForAll()
        }
      }
      // Replicas and the leader have the same messages.
      try await within(testTimeout) {
        while try await bucket.get("k")?.value != Array("\(total)".utf8) {
          try await Task.sleep(for: .milliseconds(20))
        }
      }
      #expect(try await bucket.get("k", fromLeader: true)?.value == Array("\(total)".utf8))
    }
  }

  /// For half a minute nats-server still places consumers on a failed server.
  @Test func readsAlthoughItsConsumerIsPlacedOnAFailedServer() async throws {
    try await withCluster { cluster, client in
      let jetStream = JetStream(client, timeout: .seconds(40))
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b", replicas: 3))
      _ = try await bucket.put("k", Array("1".utf8))
      // Neither the leader of the bucket nor, if possible, that of the cluster, so that no election is needed.
      let leader = try await jetStream.stream("KV_b").cluster?.leader
      let victim = try #require(cluster.servers.indices.first { "s\($0)" != leader })
      cluster.servers[victim].stop()
      // Consumers can be created again.
      let probe = ConsumerConfiguration(name: "probe")
      _ = try await retryUntilSuccess { try await jetStream.createConsumer(stream: "READY", probe) }
      let quick = try await JetStream(client).keyValue("b")
      let late = try await within(testTimeout) {
        try await withThrowingTaskGroup(of: Duration.self) { group in
          for _ in 0..<30 {
            group.addTask {
              let began = ContinuousClock.now
              for try await element in quick.watch() {
                if case .current = element { break }
              }
              return .now - began
            }
          }
          return try await group.reduce(into: 0) { if $1 > .milliseconds(4500) { $0 += 1 } }
        }
      }
      // A third of them are placed on the failed server.
      #expect(late <= 3)
    }
  }
}

/// Runs `body` with a client of a new cluster that is ready to create streams.
private func withCluster(
  _ body: @Sendable (JetStreamCluster, NATSClient) async throws -> Void
) async throws {
  let cluster = try await JetStreamCluster.start()
  defer { cluster.stop() }
  let urls = cluster.servers.map(\.url).joined(separator: ",")
  try await withClient(try configuration(urls)) { client in
    try await cluster.waitUntilReady(JetStream(client, timeout: .seconds(40)))
    try await body(cluster, client)
  }
}

private func ordered(_ jetStream: JetStream, _ total: Int) async throws {
  var last: UInt64 = 0
  for try await message in jetStream.orderedConsumer(
    stream: "S", .init(batch: 8, heartbeat: .milliseconds(500)))
  {
    #expect(message.streamSequence == last + 1)
    #expect(String(buffer: message.payload) == "\(message.streamSequence)")
    last = message.streamSequence
    if last == UInt64(total) { break }
  }
}

private func watched(_ bucket: KeyValueBucket, _ total: Int) async throws {
  var last = 0
  for try await element in bucket.watch(options: WatchOptions(heartbeat: .milliseconds(500))) {
    guard case .entry(let entry) = element, let number = Int(String(decoding: entry.value, as: UTF8.self))
    else {
      continue
    }
    // A put may have been executed twice, as it is retried without a response.
    #expect(number == last || number == last + 1)
    last = number
    if last == total { break }
  }
}

private func pulled(_ consumer: Consumer, _ total: Int) async throws {
  var seen: Set<UInt64> = []
  for try await message in consumer.messages(batch: 8, heartbeat: .milliseconds(500)) {
    seen.insert(message.streamSequence)
    try message.ack()
    if seen.count == total { break }
  }
  #expect(seen == Set(1...UInt64(total)))
}

/// Publishes until the message is acknowledged. The id prevents duplicates in the stream.
private func publishUntilAcknowledged(_ jetStream: JetStream, _ number: Int) async throws {
  let ack = try await retryUntilSuccess {
    try await jetStream.publish(Array("\(number)".utf8), to: "S.x", messageID: "\(number)")
  }
  #expect(ack.sequence == UInt64(number))
}

private func putUntilAcknowledged(_ bucket: KeyValueBucket, _ number: Int) async throws {
  _ = try await retryUntilSuccess { try await bucket.put("k", Array("\(number)".utf8)) }
}

private func retryUntilSuccess<R: Sendable>(_ body: () async throws -> R) async throws -> R {
  while true {
    do {
      return try await body()
    } catch let error as JetStreamError {
      guard error.code == .timeout || error.code == .noResponders else { throw error }
    }
  }
}

/// A cluster of three nats-servers with JetStream.
private struct JetStreamCluster {
  let servers: [NATSServerProcess]
  let store: String

  static func start() async throws -> JetStreamCluster {
    let ports = try (0..<3).map { _ in try NATSServerProcess.freePorts() }
    let routes = ports.map { "nats://127.0.0.1:\($0.cluster)" }.joined(separator: ", ")
    let store = try FileTree.makeTemporary()
    let servers = try ports.enumerated().map { index, port in
      try NATSServerProcess.make(ports: port) { port in
        """
        server_name: s\(index)
        jetstream { store_dir: "\(store)/\(index)" }
        cluster { name: c, host: 127.0.0.1, port: \(port.cluster), routes: [\(routes)] }
        """
      }
    }
    // Started concurrently, as a server is ready only when it sees another one.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for server in servers { group.addTask { try await server.start() } }
      try await group.waitForAll()
    }
    return JetStreamCluster(servers: servers, store: store)
  }

  func stop() {
    for server in servers { server.discard() }
    FileTree.remove(store)
  }

  /// Waits until the servers have elected a leader of the cluster and see each other.
  func waitUntilReady(_ jetStream: JetStream) async throws {
    var configuration = StreamConfiguration(name: "READY", subjects: ["ready"])
    configuration.replicas = 3
    let deadline = ContinuousClock.now + testTimeout
    while true {
      do {
        _ = try await jetStream.createStream(configuration)
        return
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}
