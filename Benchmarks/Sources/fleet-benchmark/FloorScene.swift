import AgentProtocol
import Loopback
import NKeys

/// The floor: a process that only accepts every connection.
final class FloorScene: Scene {
  let title = "a responder that accepts every connection"
  let server: ServerUnderTest
  let responder: ChildProcess
  let tokens: [(uuid: AgentUUID, token: String)]
  private let folder: ScratchFolder

  init(agents: Int) throws {
    folder = try ScratchFolder()
    let issuer = try NKeyPair(generating: .account)
    let user = try NKeyPair(generating: .user)
    let port = try ServerUnderTest.freePort()
    let configuration = try folder.write(
      """
      host: 127.0.0.1
      port: \(port)
      accounts {
        FLEET { users: [ { nkey: \(user.publicKey) } ] }
        SYS {}
      }
      system_account: SYS
      authorization {
        timeout: 5
        auth_callout { issuer: \(issuer.publicKey), account: FLEET, auth_users: [ \(user.publicKey) ] }
      }

      """, to: "server.conf")
    let seeds = try folder.write("\(issuer.seed)\n\(user.seed)\n", to: "seeds")
    server = try ServerUnderTest(configuration: configuration, port: port, log: "\(folder.path)/server.log")
    responder = try ChildProcess("/proc/self/exe", ["responder", server.url, seeds])
    tokens = (0..<agents).compactMap { _ in AgentUUID(MessageID.random()).map { ($0, "floor") } }
  }

  deinit {
    responder.end()
    server.end()
  }

  func eventsFolded() -> Double? { nil }
}
