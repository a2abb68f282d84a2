import Logging
package import NATS
import NIOCore
import NIOPosix

/// Runs `body` with a connected client and closes the client afterwards.
package func withClient<R: Sendable>(
  _ configuration: NATSClientConfiguration, connected: Bool = true,
  _ body: (NATSClient) async throws -> R
) async throws -> R {
  let client = NATSClient(
    configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  let events = client.events
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    defer { client.close() }
    if connected {
      _ = try await events.first { event in
        if case .connected = event { true } else { false }
      }
    }
    let result = try await body(client)
    client.close()
    try await group.waitForAll()
    return result
  }
}

/// Runs `body` with a connected client of a server and closes the client afterwards.
package func withClient<R: Sendable>(
  of server: NATSServerProcess, connected: Bool = true, _ body: (NATSClient) async throws -> R
) async throws -> R {
  try await withClient(configuration(server.url), connected: connected, body)
}

/// Creates a configuration with short reconnect delays.
package func configuration(
  _ urls: String, _ adjust: (inout NATSClientConfiguration) -> Void = { _ in }
) throws -> NATSClientConfiguration {
  var configuration = NATSClientConfiguration(servers: try NATSServerAddress.list(urls))
  configuration.reconnect = NATSReconnectPolicy(initialDelay: .milliseconds(20), maxDelay: .milliseconds(200))
  adjust(&configuration)
  return configuration
}

/// Creates a client that is not running yet.
package func makeClient(_ configuration: NATSClientConfiguration) -> NATSClient {
  NATSClient(
    configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
}

/// Runs a client concurrently with `body` and closes the client afterwards.
package func running<R: Sendable>(_ client: NATSClient, _ body: () async throws -> R) async throws -> R {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    defer { client.close() }
    let result = try await body()
    client.close()
    try await group.waitForAll()
    return result
  }
}
