import JetStream
import NATS
import NATSTesting

/// Runs `body` with JetStream on a server of its own, which keeps messages across restarts.
func withJetStream<R: Sendable>(
  timeout: Duration = .seconds(30), _ body: (JetStream, NATSServerProcess) async throws -> R
) async throws -> R {
  let store = try FileTree.makeTemporary()
  defer { FileTree.remove(store) }
  let server = try await NATSServerProcess.start { _ in "jetstream { store_dir: \"\(store)\" }" }
  defer { server.stop() }
  return try await withClient(of: server) { client in
    try await body(JetStream(client, timeout: timeout), server)
  }
}

extension JetStream {
  /// Creates a stream called `name` with the subjects below `name`.
  @discardableResult
  func makeStream(
    _ name: String, _ adjust: (inout StreamConfiguration) -> Void = { _ in }
  ) async throws -> StreamInfo {
    var configuration = StreamConfiguration(name: name, subjects: ["\(name).>"])
    adjust(&configuration)
    return try await createStream(configuration)
  }

  /// Publishes messages whose payloads are the numbers of `range`.
  func fill(_ stream: String, _ range: ClosedRange<Int>) async throws {
    for number in range { try await publish(Array("\(number)".utf8), to: "\(stream).\(number % 10)") }
  }
}

extension NATSServerProcess {
  /// Restarts the server, and waits until `client` has reconnected.
  func restart(seenBy client: NATSClient) async throws {
    let events = client.events
    try await restart()
    _ = try await events.first { if case .connected = $0 { true } else { false } }
  }
}
