import DequeModule
import NIOCore
import NIOEmbedded
import Testing

@testable import NATS

/// Connections over streams that are not encrypted, although the layers below claim that they are.
@Suite struct ConnectionGateTests {
  private final class Delegate: ConnectionDelegate {
    func connection(
      _ connection: ConnectionHandler, received frames: inout Deque<MessageFrame>, sid: UInt64
    ) {}
    func connectionReadCompleted(_ connection: ConnectionHandler) {}
    func connectionTakesOutbound(_ connection: ConnectionHandler) -> OutboundBatch? { nil }
    func connection(_ connection: ConnectionHandler, wrote batch: consuming ByteBuffer) -> Bool { false }
    func connection(
      _ connection: ConnectionHandler, settles confirmations: [NATS.Confirmation], error: NATSError?
    ) {}
    func connection(_ connection: ConnectionHandler, received info: NATSServerInfo, lameDuck: Bool) {}
    func connection(_ connection: ConnectionHandler, reports kind: ServerErrorKind, text: String) {}
    func connectionEnded(_ connection: ConnectionHandler, error: NATSError?) {}
  }

  /// Returns the bytes written in reply to `input`, and the error that ended the connection.
  private func answer(
    to input: String, url: String, tls: NATSTLSConfiguration, policy: ConnectionStateMachine.TLSPolicy,
    hasUsedTLS: Bool = false
  ) throws -> (written: String, error: NATSError?) {
    let channel = EmbeddedChannel()
    let server = try NATSServerAddress(url)
    let (_, signals) = AsyncStream.makeStream(of: ConnectionSignal.self)
    let settings = ConnectionSettings(
      server: server, credentials: .userPassword("u", "the-key"), name: "", echo: true, tls: policy,
      encryption: EncryptionPolicy(server: server, tls: tls, hasUsedTLS: hasUsedTLS), pingInterval: .zero,
      maxPingsOutstanding: 1, deadline: .distantFuture, signals: signals,
      upgradeToTLS: { $0.eventLoop.makeSucceededVoidFuture() })
    let established = channel.eventLoop.makePromise(of: NATSServerInfo.self)
    let handler = ConnectionHandler(settings: settings, delegate: Delegate(), established: established)
    let failure = NIOLoopBoundBox<NATSError?>(nil, eventLoop: channel.eventLoop)
    established.futureResult.whenFailure { failure.value = $0 as? NATSError }
    try channel.pipeline.syncOperations.addHandler(handler)
    channel.pipeline.fireChannelActive()
    channel.pipeline.fireChannelRead(ByteBuffer(string: input))
    channel.embeddedEventLoop.run()
    var written = ""
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) { written += String(buffer: bytes) }
    handler.close(NATSError(.cancelled, "the test is over"))
    channel.embeddedEventLoop.run()
    return (written, failure.value)
  }

  @Test(arguments: ["tls://h", "wss://h"])
  func connectIsNotWrittenToAnUnencryptedStream(url: String) throws {
    let (written, error) = try answer(
      to: "INFO {\"tls_required\":true}\r\n", url: url, tls: NATSTLSConfiguration(), policy: .settled)
    #expect(!written.contains("the-key"))
    #expect(!written.contains("CONNECT"))
    #expect(error?.code == .tlsRequired)
  }

  @Test func upgradeWithoutEncryptionThrowsTLSRequired() throws {
    let (written, error) = try answer(
      to: "INFO {\"tls_required\":true}\r\n", url: "nats://h", tls: NATSTLSConfiguration(mode: .required),
      policy: .required)
    #expect(written.isEmpty)
    #expect(error?.code == .tlsRequired)
  }

  @Test func credentialsAreNotSentInPlainTextAfterTLS() throws {
    let (written, error) = try answer(
      to: "INFO {}\r\n", url: "nats://h", tls: NATSTLSConfiguration(), policy: .required, hasUsedTLS: true)
    #expect(written.isEmpty)
    #expect(error?.message.contains("used TLS before in this process") == true)
  }

  @Test func connectIsWrittenInPlainTextIfTLSIsOptional() throws {
    let (written, error) = try answer(
      to: "INFO {}\r\n", url: "nats://h", tls: NATSTLSConfiguration(), policy: .ifRequired)
    #expect(written.contains("CONNECT") && written.contains("the-key"))
    #expect(error?.code == .cancelled)
  }

  @Test(arguments: ["PONG\r\n", "INFO {\"ldm\":true}\r\n", "P", "MSG a 1 0\r\n\r\n"])
  func bytesAfterInfoCloseTheConnectionBeforeTLS(injected: String) throws {
    let (written, error) = try answer(
      to: "INFO {\"tls_required\":true}\r\n" + injected, url: "tls://h", tls: NATSTLSConfiguration(),
      policy: .required)
    #expect(written.isEmpty)
    #expect(error?.code == .protocolViolation)
  }
}
