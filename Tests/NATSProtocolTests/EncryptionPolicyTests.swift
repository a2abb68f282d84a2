import NATSProtocol
import Testing

@Suite struct EncryptionPolicyTests {
  private static let file = "/x"

  @Test(arguments: [
    ("nats://h", NATSTLSConfiguration(), false, nil), ("ws://h", NATSTLSConfiguration(), false, nil),
    ("tls://h", NATSTLSConfiguration(), false, EncryptionPolicy.Reason.url),
    ("wss://h", NATSTLSConfiguration(), false, .url),
    ("nats://h", NATSTLSConfiguration(mode: .required), false, .settings),
    ("nats://h", NATSTLSConfiguration(mode: .first), false, .settings),
    ("nats://h", NATSTLSConfiguration(caFile: file), false, .settings),
    ("ws://h", NATSTLSConfiguration(caFile: file), false, .settings),
    ("ws://h", NATSTLSConfiguration(certificateFile: file, keyFile: file), false, .settings),
    ("nats://h", NATSTLSConfiguration(), true, .earlierConnection),
  ])
  func mustEncrypt(
    url: String, tls: NATSTLSConfiguration, hasUsedTLS: Bool, reason: EncryptionPolicy.Reason?
  ) throws {
    let server = try NATSServerAddress(url)
    let policy = EncryptionPolicy(server: server, tls: tls, hasUsedTLS: hasUsedTLS)
    #expect(policy.reason == reason)
    try policy.check(isEncrypted: true, server: server)
    guard reason != nil else { return try policy.check(isEncrypted: false, server: server) }
    let error = #expect(throws: NATSError.self) { try policy.check(isEncrypted: false, server: server) }
    #expect(error?.code == .tlsRequired)
    #expect(error?.message.contains("no credentials were sent") == true)
  }

  @Test func plainWebSocketWithTLSSettingsThrows() throws {
    let servers = try NATSServerAddress.list("wss://a,ws://b")
    #expect(throws: NATSError.self) { try NATSTLSConfiguration(caFile: "/x").validate(for: servers) }
    try NATSTLSConfiguration().validate(for: servers)
    try NATSTLSConfiguration(caFile: "/x").validate(for: [servers[0]])
  }

  @Test func clearTextWarningListsRemoteServers() throws {
    let servers = try NATSServerAddress.list("nats://localhost,nats://u:secret@h:1,tls://t,nats://10.0.0.1")
    let warning = NATSTLSConfiguration().clearTextWarning(for: servers, secret: "the api key")
    #expect(
      warning == "the api key may be sent in clear text to nats://h:1, nats://10.0.0.1:4222: use tls://")
    #expect(NATSTLSConfiguration(caFile: "/x").clearTextWarning(for: servers, secret: "it") == nil)
    #expect(NATSTLSConfiguration().clearTextWarning(for: [servers[0], servers[2]], secret: "it") == nil)
  }

  @Test(arguments: [
    ("nats.example", "nats.example", true), ("NATS.example", "nats.EXAMPLE.", true),
    ("*.nats.example", "a.nats.example", true), ("*.nats.example", "a.b.nats.example", false),
    ("*.nats.example", "nats.example", false), ("*.example", "nats.example", false),
    ("n*.nats.example", "na.nats.example", false), ("*", "nats", false), ("", "nats", false),
    ("10.0.0.1", "10.0.0.1", false), ("*.0.0.1", "10.0.0.1", false), ("evil.example", "nats.example", false),
    ("nats.example\0.evil", "nats.example", false),
  ])
  func certificateNames(pattern: String, host: String, isCovered: Bool) {
    #expect(CertificateName.matches(Array(pattern.utf8), host: host) == isCovered)
  }
}
