import AgentProtocol
import JSON
import Logging
import Loopback
import NATS
import NIOCore
import PlatformAPI

/// An operator's connection, as `plsctl` makes it.
struct OperatorSession {
  private let client: NATSClient

  /// The number of concurrent requests.
  private static let width = 32

  /// Runs `body` with a connection of the operator with this token.
  static func run<R: Sendable>(
    url: String, token: String, _ body: (OperatorSession) async throws -> R
  ) async throws -> R {
    let name = PlatformScene.operatorName
    var configuration = NATSClientConfiguration(servers: try NATSServerAddress.list(url), name: "benchmark") {
      .userPassword(name, token)
    }
    configuration.inboxPrefix = PlatformSubjects.inboxPrefix(of: name)
    let client = NATSClient(
      configuration: configuration,
      logger: Logger(label: "operator", factory: { _ in SwiftLogNoOpLogHandler() }))
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { client.close() }
      let session = OperatorSession(client: client)
      try await session.waitUntilServed()
      return try await body(session)
    }
  }

  /// Waits until a platform answers.
  private func waitUntilServed() async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      do {
        _ = try await call(.platformStatus, [:])
        return
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  func call(_ method: APIMethod, _ parameters: JSONObject) async throws -> JSONValue {
    let subject = PlatformSubjects.request(method, by: PlatformScene.operatorName)
    let reply = try await client.request(
      JSONWriter.encode(.object(parameters)), to: subject, timeout: .seconds(30))
    switch APIReply(parsing: Array(reply.payload.readableBytesView)) {
    case .result(let value): return value
    case .failure(let error): throw BenchmarkFailure("\(method.rawValue): \(error.message)")
    case nil: throw BenchmarkFailure("\(method.rawValue): not an answer")
    }
  }

  /// Enrolls this number of new agents.
  func enroll(_ count: Int) async throws -> [(uuid: AgentUUID, token: String)] {
    try await withThrowingTaskGroup(of: [(uuid: AgentUUID, token: String)].self) { group in
      for part in 0..<Self.width {
        group.addTask {
          var issued: [(uuid: AgentUUID, token: String)] = []
          for _ in stride(from: part, to: count, by: Self.width) {
            let answer = try await call(.agentsEnroll, [:])
            guard let uuid = answer.objectValue?["subject"]?.stringValue.flatMap(AgentUUID.init),
              let token = answer.objectValue?["token"]?.stringValue
            else { throw BenchmarkFailure("agents.enroll returned no token") }
            issued.append((uuid, token))
          }
          return issued
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }
}
