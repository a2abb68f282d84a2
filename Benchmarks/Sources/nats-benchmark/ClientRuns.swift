import Logging
import NATS
import NIOCore

/// The same work with the client.
enum ClientRuns {
  static func publish(url: String, size: Int, count: Int) async throws -> Double {
    try await withClient(url) { client in
      let payload = [UInt8](repeating: 0x78, count: size)
      let clock = ContinuousClock()
      let start = clock.now
      for _ in 0..<count { try await client.publishWithBackpressure(payload, to: "bench.subject") }
      try await client.flush(timeout: .seconds(60))
      return Double(count) / (clock.now - start).seconds
    }
  }

  /// One client publishes, another one reads.
  static func publishSubscribe(url: String, size: Int, count: Int) async throws -> Double {
    try await withClient(url) { reader in
      try await withClient(url) { writer in
        let subscription = try reader.subscribe(
          to: "bench.subject", maxPendingMessages: count, maxPendingBytes: 1 << 40)
        try await reader.flush()
        let payload = [UInt8](repeating: 0x78, count: size)
        let clock = ContinuousClock()
        let start = clock.now
        return try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for _ in 0..<count { try await writer.publishWithBackpressure(payload, to: "bench.subject") }
          }
          var received = 0
          for await _ in subscription {
            received += 1
            if received == count { break }
          }
          let seconds = (clock.now - start).seconds
          try await group.waitForAll()
          subscription.unsubscribe()
          return Double(count) / seconds
        }
      }
    }
  }

  static func requestReply(url: String, size: Int, count: Int) async throws -> Double {
    try await withClient(url) { service in
      try await withClient(url) { client in
        let requests = try service.subscribe(to: "bench.service")
        try await service.flush()
        return try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask(executorPreference: service.taskExecutor) {
            for await request in requests { try request.reply(request.payload) }
          }
          let seconds = try await withTaskExecutorPreference(client.taskExecutor) {
            let payload = [UInt8](repeating: 0x78, count: size)
            for _ in 0..<200 { _ = try await client.request(payload, to: "bench.service") }
            let clock = ContinuousClock()
            let start = clock.now
            for _ in 0..<count { _ = try await client.request(payload, to: "bench.service") }
            return (clock.now - start).seconds
          }
          requests.unsubscribe()
          try await group.waitForAll()
          return seconds / Double(count)
        }
      }
    }
  }

  private static func withClient<R: Sendable>(
    _ url: String, _ body: (NATSClient) async throws -> R
  ) async throws -> R {
    let client = NATSClient(
      configuration: NATSClientConfiguration(servers: try NATSServerAddress.list(url)),
      logger: Logger(label: "benchmark"))
    let events = client.events
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { client.close() }
      for await event in events {
        if case .connected = event { break }
        if case .connectFailed(_, let error, _) = event { throw error }
      }
      return try await body(client)
    }
  }
}
