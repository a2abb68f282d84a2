import Foundation
import Logging
import NATSTesting
import NIOCore
import NKeys
import Testing

@testable import NATS

/// All kinds of credentials.
@Suite("Logging in to a real server", .timeLimit(.minutes(2)))
struct TransportLoginTests {
  private struct Operator: Codable {
    var type = "operator"
    var version = 2
  }

  private struct Account: Codable {
    struct Limits: Codable {
      var subs = -1
      var data = -1
      var payload = -1
      var imports = -1
      var exports = -1
      var wildcards = true
      var conn = -1
      var leaf = -1
    }
    var limits = Limits()
    var type = "account"
    var version = 2
  }

  private struct User: Codable {
    var subs = -1
    var data = -1
    var payload = -1
    var type = "user"
    var version = 2
  }

  /// Connects once and sends a request to a subscription of the same client.
  ///
  /// - Returns: nil on success, otherwise the error of the first attempt.
  private func failure(_ url: String, _ credentials: NATSCredentials) async throws -> NATSError? {
    let client = NATSClient(
      configuration: NATSClientConfiguration(servers: try NATSServerAddress.list(url)) { credentials },
      logger: Logger(label: "test"))
    let events = client.events
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { client.close() }
      for await event in events {
        switch event {
        case .connected:
          try await client.withSubscription(to: "echo") { messages in
            async let answer = client.request(Array("hello".utf8), to: "echo")
            for try await message in messages {
              try message.reply(message.payload)
              break
            }
            #expect(String(buffer: try await answer.payload) == "hello")
          }
          return nil
        case .connectFailed(_, let error, _): return error
        default: break
        }
      }
      return nil
    }
  }

  private func succeeds(_ url: String, _ credentials: NATSCredentials) async throws -> Bool {
    if let error = try await failure(url, credentials) { throw error }
    return true
  }

  @Test(arguments: ["nats", "ws"])
  func userAndPassword(scheme: String) async throws {
    try await NATSServerProcess.with({ ports in
      "authorization { user: u, password: \"p w\" }\nwebsocket { listen: \"127.0.0.1:\(ports.webSocket)\", no_tls: true }"
    }) { server in
      let port = scheme == "ws" ? server.ports.webSocket : server.ports.client
      #expect(try await succeeds("\(scheme)://127.0.0.1:\(port)", .userPassword("u", "p w")))
      #expect(try await succeeds("\(scheme)://u:p%20w@127.0.0.1:\(port)", .none))
      let wrong = try await failure("\(scheme)://127.0.0.1:\(port)", .userPassword("u", "wrong-word"))
      #expect(wrong?.code == .authorizationViolation)
      #expect(wrong?.message.contains("wrong-word") == false)
    }
  }

  @Test func token() async throws {
    try await NATSServerProcess.with({ _ in "authorization { token: s3cr3t }" }) { server in
      #expect(try await succeeds("127.0.0.1:\(server.ports.client)", .token("s3cr3t")))
      #expect(try await succeeds("s3cr3t@127.0.0.1:\(server.ports.client)", .none))
      let refused = try await failure("127.0.0.1:\(server.ports.client)", .none)
      #expect(refused?.code == .authorizationViolation)
    }
  }

  @Test func nkey() async throws {
    let known = try NKeyPair(generating: .user)
    let unknown = try NKeyPair(generating: .user)
    try await NATSServerProcess.with({ _ in "authorization { users: [ { nkey: \(known) } ] }" }) { server in
      for (pair, code) in [(known, nil), (unknown, NATSError.Code.authorizationViolation)] {
        let error = try await failure(
          "127.0.0.1:\(server.ports.client)", .nkey(publicKey: "\(pair)", sign: { try pair.sign($0) }))
        #expect(error?.code == code)
      }
    }
  }

  @Test func credentialsFile() async throws {
    let (top, account) = (try NKeyPair(generating: .operator), try NKeyPair(generating: .account))
    let now = Int64(Date().timeIntervalSince1970)
    let topToken = try NATSToken.sign(
      NATSClaims(sub: "\(top)", name: "top", iat: now, nats: Operator()), with: top)
    let accountToken = try NATSToken.sign(
      NATSClaims(sub: "\(account)", name: "fleet", iat: now, nats: Account()), with: top)

    func credentials(exp: Int64?, issuer: NKeyPair) throws -> NATSCredentials {
      let user = try NKeyPair(generating: .user)
      let token = try NATSToken.sign(
        NATSClaims(sub: "\(user)", name: "agent", iat: now - 10, exp: exp, nats: User()), with: issuer)
      let file = try UserCredentials(
        """
        -----BEGIN NATS USER JWT-----
        \(token)
        ------END NATS USER JWT------

        -----BEGIN USER NKEY SEED-----
        \(user.seed)
        ------END USER NKEY SEED------
        """)
      return .jwt(file.jwt, sign: { try file.key.sign($0) })
    }

    try await NATSServerProcess.with({ _ in
      "operator: \(topToken)\nresolver: MEMORY\nresolver_preload: { \(account): \"\(accountToken)\" }"
    }) { server in
      let url = "127.0.0.1:\(server.ports.client)"
      #expect(try await succeeds(url, credentials(exp: now + 3600, issuer: account)))
      #expect(try await succeeds(url, credentials(exp: nil, issuer: account)))
      for refused in [
        try credentials(exp: now - 1, issuer: account),
        try credentials(exp: nil, issuer: NKeyPair(generating: .account)), .none,
      ] {
        let code = try await failure(url, refused)?.code
        #expect(code == .authorizationViolation || code == .authenticationExpired)
      }
    }
  }

  @Test(arguments: [NATSTLSConfiguration.Mode.ifRequired, .required, .first])
  func overTLS(mode: NATSTLSConfiguration.Mode) async throws {
    let certificates = try TransportCertificates.shared.get()
    let pair = certificates.server
    try await NATSServerProcess.with({ _ in
      "tls { cert_file: \"\(pair.certificate)\", key_file: \"\(pair.key)\", handshake_first: \(mode == .first) }"
    }) { server in
      var configuration = NATSClientConfiguration(
        servers: [try NATSServerAddress("nats://localhost:\(server.ports.client)")],
        tls: NATSTLSConfiguration(mode: mode, caFile: certificates.ca))
      configuration.connectTimeout = .seconds(20)
      let client = NATSClient(configuration: configuration, logger: Logger(label: "test"))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        for await event in client.events {
          if case .connected = event { break }
          if case .connectFailed(_, let error, _) = event { throw error }
        }
        try await client.flush()
        client.close()
      }
    }
  }
}
