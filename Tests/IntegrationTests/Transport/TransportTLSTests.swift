import NATSTesting
import NIOCore
import Testing

@testable import NATS

@Suite("TLS to a real server", .timeLimit(.minutes(2)))
struct TransportTLSTests {
  let certificates: TransportCertificates

  init() throws {
    certificates = try TransportCertificates.shared.get()
  }

  private var trusting: NATSTLSConfiguration { NATSTLSConfiguration(caFile: certificates.ca) }

  private func tlsBlock(_ extra: String = "", stranger: Bool = false) -> String {
    let pair = stranger ? certificates.stranger : certificates.server
    return "tls { cert_file: \"\(pair.certificate)\", key_file: \"\(pair.key)\", "
      + "ca_file: \"\(certificates.ca)\"\(extra) }"
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func upgrade(host: String) async throws {
    try await NATSServerProcess.with({ _ in tlsBlock() }) { server in
      let stream = try await TransportStream("tls://\(host):\(server.ports.client)", tls: trusting)
      #expect(try await stream.line().contains("\"tls_required\":true"))
      try await stream.upgradeToTLS()
      try await stream.exchangeMessages()
    }
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func first(host: String) async throws {
    try await NATSServerProcess.with({ _ in tlsBlock(", handshake_first: true") }) { server in
      var tls = trusting
      tls.mode = .first
      let stream = try await TransportStream("nats://\(host):\(server.ports.client)", tls: tls)
      #expect(try await stream.line().hasPrefix("INFO {"))
      try await stream.exchangeMessages()
    }
  }

  @Test func mutual() async throws {
    try await NATSServerProcess.with({ _ in tlsBlock(", verify: true") }) { server in
      var tls = trusting
      tls.certificateFile = certificates.client.certificate
      tls.keyFile = certificates.client.key
      let stream = try await TransportStream("nats://localhost:\(server.ports.client)", tls: tls)
      _ = try await stream.line()
      try await stream.upgradeToTLS()
      try await stream.exchangeMessages()
    }
  }

  @Test func clientCertificateMissing() async throws {
    try await NATSServerProcess.with({ _ in tlsBlock(", verify: true") }) { server in
      let error = await #expect(throws: NATSError.self) {
        let stream = try await TransportStream("nats://localhost:\(server.ports.client)", tls: trusting)
        _ = try await stream.line()
        try await stream.upgradeToTLS()
        // In TLS 1.3 the alert arrives after the client has finished the handshake.
        _ = try await stream.line()
      }
      #expect(error?.code == .tlsFailed)
      #expect(error?.message.contains("did not accept this client's certificate") == true)
    }
  }

  @Test func wrongAuthority() async throws {
    try await NATSServerProcess.with({ _ in tlsBlock() }) { server in
      let tls = NATSTLSConfiguration(caFile: certificates.otherCA)
      let stream = try await TransportStream("nats://localhost:\(server.ports.client)", tls: tls)
      _ = try await stream.line()
      let error = await #expect(throws: NATSError.self) { try await stream.upgradeToTLS() }
      #expect(error?.code == .tlsFailed)
      #expect(error?.message.hasPrefix("certificate verify failed: ") == true)
      #expect(error?.message.contains(certificates.otherCA) == true)
    }
  }

  @Test(arguments: [
    (TransportCertificates.Fault.expired, "expired on 2001-01-01 00:00 UTC"),
    (.future, "is not valid before 2090-01-01 00:00 UTC"), (.selfSigned, "is self-signed"),
  ])
  func certificateFaultIsReported(fault: TransportCertificates.Fault, words: String) async throws {
    let files = certificates.faulty(fault)
    let block = "tls { cert_file: \"\(files.certificate)\", key_file: \"\(files.key)\" }"
    try await NATSServerProcess.with({ _ in block }) { server in
      for host in ["localhost", "127.0.0.1"] {
        let stream = try await TransportStream("nats://\(host):\(server.ports.client)", tls: trusting)
        _ = try await stream.line()
        let error = await #expect(throws: NATSError.self) { try await stream.upgradeToTLS() }
        let message = try #require(error?.message)
        #expect(message.hasPrefix("certificate verify failed: "))
        #expect(message.contains(words))
      }
    }
  }

  @Test func unknownAuthorityIsReported() async throws {
    try await NATSServerProcess.with({ _ in tlsBlock() }) { server in
      let tls = NATSTLSConfiguration(caFile: certificates.otherCA)
      let stream = try await TransportStream("nats://localhost:\(server.ports.client)", tls: tls)
      _ = try await stream.line()
      let error = await #expect(throws: NATSError.self) { try await stream.upgradeToTLS() }
      #expect(error?.message.contains("does not lead to an authority in \(certificates.otherCA)") == true)
      #expect(error?.message.contains("(its issuer is 'Test ca')") == true)
    }
  }

  /// The server rejects an SNI with a trailing dot.
  @Test(arguments: ["tls", "wss"]) func hostWithATrailingDotConnectsOverTLS(scheme: String) async throws {
    let pair = certificates.server
    let files = "cert_file: \"\(pair.certificate)\", key_file: \"\(pair.key)\""
    try await NATSServerProcess.with({ ports in
      "tls { \(files) }\nwebsocket { host: 127.0.0.1, port: \(ports.webSocket), tls { \(files) } }"
    }) { server in
      let port = scheme == "wss" ? server.ports.webSocket : server.ports.client
      let stream = try await TransportStream(
        "\(scheme)://localhost.:\(port)", tls: trusting,
        resolved: try SocketAddress(ipAddress: "127.0.0.1", port: port))
      _ = try await stream.line()
      if scheme == "tls" { try await stream.upgradeToTLS() }
      try await stream.exchangeMessages()
    }
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func wrongName(host: String) async throws {
    try await NATSServerProcess.with({ _ in tlsBlock(stranger: true) }) { server in
      let stream = try await TransportStream("nats://\(host):\(server.ports.client)", tls: trusting)
      _ = try await stream.line()
      let error = await #expect(throws: NATSError.self) { try await stream.upgradeToTLS() }
      #expect(error?.code == .tlsFailed)
      #expect(error?.message.hasSuffix("is not for '\(host)'") == true)
    }
  }

  @Test func configuredName() async throws {
    try await NATSServerProcess.with({ _ in tlsBlock(stranger: true) }) { server in
      var tls = trusting
      tls.serverName = "elsewhere.example"
      let stream = try await TransportStream("nats://127.0.0.1:\(server.ports.client)", tls: tls)
      _ = try await stream.line()
      try await stream.upgradeToTLS()
      try await stream.exchangeMessages()
    }
  }

  @Test func tlsFirstToAServerWithoutTLSThrows() async throws {
    try await NATSServerProcess.with() { server in
      var tls = trusting
      tls.mode = .first
      let error = await #expect(throws: NATSError.self) {
        _ = try await TransportStream("nats://localhost:\(server.ports.client)", tls: tls)
      }
      #expect(error?.code == .tlsFailed)
      let message = error?.message ?? ""
      // The server may close the connection before its INFO is read.
      let reasons = [
        "does not answer with TLS", "was lost", "closed the connection during the TLS handshake",
      ]
      #expect(reasons.contains { message.contains($0) }, "\(message)")
    }
  }

  @Test func unusableFilesThrow() async throws {
    try await NATSServerProcess.with({ _ in tlsBlock(", handshake_first: true") }) { server in
      func message(_ change: (inout NATSTLSConfiguration) -> Void) async throws -> String {
        var tls = trusting
        tls.mode = .first
        change(&tls)
        let error = await #expect(throws: NATSError.self) {
          _ = try await TransportStream("nats://localhost:\(server.ports.client)", tls: tls)
        }
        #expect(error?.code == .tlsFailed)
        return try #require(error?.message)
      }
      let missing = try await message { $0.caFile = "/nonexistent/ca.pem" }
      #expect(
        missing
          == "cannot read the CA file /nonexistent/ca.pem: No such file or directory")
      let keyAsAuthority = try await message { $0.caFile = certificates.server.key }
      #expect(keyAsAuthority.hasSuffix("holds no PEM certificates"))
      let keyMissing = try await message { $0.certificateFile = certificates.client.certificate }
      #expect(
        keyMissing
          == "a client certificate needs both a certificate file and a key file")
      let certificateAsKey = try await message {
        $0.certificateFile = certificates.client.certificate
        $0.keyFile = certificates.ca
      }
      #expect(certificateAsKey.contains("holds no PEM private key"))
      let foreignKey = try await message {
        $0.certificateFile = certificates.client.certificate
        $0.keyFile = certificates.server.key
      }
      #expect(foreignKey.contains("does the key belong to the certificate?"))
    }
  }

  @Test(arguments: [false, true])
  func secureWebSocket(compression: Bool) async throws {
    try await NATSServerProcess.with({ ports in
      "websocket { listen: \"127.0.0.1:\(ports.webSocket)\", compression: \(compression), \(tlsBlock()) }"
    }) { server in
      let port = server.ports.webSocket
      for host in ["localhost", "127.0.0.1"] {
        let stream = try await TransportStream("wss://\(host):\(port)/path", tls: trusting)
        #expect(try await stream.line().hasPrefix("INFO {"))
        try await stream.exchangeMessages()
      }
      let tls = NATSTLSConfiguration(caFile: certificates.otherCA)
      let error = await #expect(throws: NATSError.self) {
        _ = try await TransportStream("wss://localhost:\(port)", tls: tls)
      }
      #expect(error?.message.hasPrefix("certificate verify failed: ") == true)
    }
  }
}
