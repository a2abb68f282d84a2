import AgentProtocol
import Clocks
import Glibc
import Logging
import Loopback
import NATS
import NIOCore
import NKeys

/// The floor for the platform: a process that only accepts every agent. It runs as `fleet-benchmark
/// responder URL FILE`, where the file contains the seed of the issuer and that of its own user, one line each.
enum MinimalResponder {
  static func run(url: String, seeds: String) async throws {
    let lines = (TextOf.file(seeds) ?? "").split(separator: "\n").map(String.init)
    guard lines.count == 2 else { throw BenchmarkFailure("\(seeds) does not hold two seeds") }
    let issuer = try NKeyPair(seed: lines[0])
    let user = try NKeyPair(seed: lines[1])
    let configuration = NATSClientConfiguration(servers: try NATSServerAddress.list(url), name: "responder") {
      .nkey(publicKey: user.publicKey.description) { try user.sign($0) }
    }
    let client = NATSClient(
      configuration: configuration,
      logger: Logger(label: "responder", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      let requests = try client.subscribe(to: AuthorizationRequest.subject, queue: "responder")
      for await request in requests { try? answer(request, issuer) }
    }
  }

  private static func answer(_ message: NATSMessage, _ issuer: NKeyPair) throws {
    let request = try NATSToken.verify(String(buffer: message.payload), as: AuthorizationRequest.self).nats
    let now = UnixTime.now
    let response: AuthorizationResponse
    if let name = request.options.user, let agent = AgentUUID(name) {
      let subjects = AgentSubjects(agent)
      let claims = NATSClaims(
        sub: request.userKey, name: name, aud: "FLEET", iat: now, exp: now + 3600,
        nats: UserClaims(
          pub: .init(allow: [subjects.events, subjects.telemetry]), sub: .init(allow: [subjects.commands]),
          resp: .init(max: 1, ttl: .seconds(60))))
      response = AuthorizationResponse(jwt: try NATSToken.sign(claims, with: issuer))
    } else {
      response = AuthorizationResponse(error: "not an agent")
    }
    let answer = NATSClaims(sub: request.userKey, aud: request.server.id, iat: now, nats: response)
    try message.reply(Array(try NATSToken.sign(answer, with: issuer).utf8))
  }
}
