import Logging
import Loopback
import NATS
import NIOCore

/// Connections as agents make them, from the first byte to the PONG.
enum Connecting {
  /// Connects once, with the retries of an agent after a time-out of the server.
  ///
  /// - Returns: The duration, and the number of failed attempts.
  static func connect(
    _ url: String, index: Int, credentials: NATSCredentials? = nil
  ) async throws -> (took: Duration, failures: Int) {
    let uuid = MemoryDirectory.uuid(index)
    var configuration = NATSClientConfiguration(servers: try NATSServerAddress.list(url))
    configuration.name = "plusclouds-vm-agent:\(uuid)"
    configuration.credentials = { credentials ?? .userPassword(uuid, MemoryDirectory.token) }
    configuration.connectTimeout = .seconds(30)
    let client = NATSClient(
      configuration: configuration, logger: Logger(label: "b", factory: { _ in SwiftLogNoOpLogHandler() }))
    let events = client.events
    let began = ContinuousClock.now
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { client.close() }
      var failures = 0
      for await event in events {
        switch event {
        case .connected:
          let took = ContinuousClock.now - began
          client.close()
          try await group.waitForAll()
          return (took, failures)
        case .connectFailed: failures += 1
        default: continue
        }
      }
      throw BenchmarkFailure("the client ended before it was connected")
    }
  }

  /// Connects `count` times, `width` at a time.
  static func many(
    _ url: String, count: Int, width: Int, credentials: NATSCredentials? = nil
  ) async throws -> (times: [Duration], total: Duration, failures: Int) {
    let began = ContinuousClock.now
    let all = try await withThrowingTaskGroup(of: [(took: Duration, failures: Int)].self) { group in
      for lane in 0..<width {
        group.addTask {
          var times: [(took: Duration, failures: Int)] = []
          for index in stride(from: lane, to: count, by: width) {
            times.append(try await connect(url, index: index, credentials: credentials))
          }
          return times
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return (all.map(\.took).sorted(), .now - began, all.reduce(0) { $0 + $1.failures })
  }
}
