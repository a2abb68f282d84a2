import Encoding
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import NATS

@Suite("Opening a stream", .timeLimit(.minutes(1)))
struct TransportOpenerTests {
  /// Records what reaches the NATS handler.
  private final class Recorder: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let sink: AsyncStream<ByteBuffer>.Continuation

    init(_ sink: AsyncStream<ByteBuffer>.Continuation) {
      self.sink = sink
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      sink.yield(unwrapInboundIn(data))
    }
  }

  private struct Opening {
    let channel: NIOAsyncTestingChannel
    let result: EventLoopFuture<any Channel>
    let delivered: AsyncStream<ByteBuffer>
    let sink: AsyncStream<ByteBuffer>.Continuation

    func delivered() async -> String {
      sink.finish()
      var all = ByteBuffer()
      for await bytes in delivered { all.writeImmutableBuffer(bytes) }
      return String(buffer: all)
    }

    func sent() async throws -> String? {
      try await channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }
    }
  }

  private func open(
    _ url: String, proxy: NATSProxy? = nil, compression: Bool = false
  ) async throws -> Opening {
    let channel = NIOAsyncTestingChannel()
    let (stream, sink) = AsyncStream.makeStream(of: ByteBuffer.self)
    let plan = try await TransportPlan(
      server: NATSServerAddress(url),
      connector: TransportConnector(
        tls: NATSTLSConfiguration(), proxy: proxy, webSocketCompression: compression),
      deadline: .uptimeNanoseconds(5_000_000_000), eventLoop: channel.eventLoop
    ) { try $0.pipeline.syncOperations.addHandler(Recorder(sink)) }
    let promise = channel.eventLoop.makePromise(of: (any Channel).self)
    promise.futureResult.whenFailure { _ in channel.close(promise: nil) }
    try await channel.testingEventLoop.executeInContext {
      try channel.pipeline.syncOperations.addHandler(TransportOpener(plan: plan, promise: promise))
    }
    try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
    return Opening(channel: channel, result: promise.futureResult, delivered: stream, sink: sink)
  }

  private func failure(_ opening: Opening) async -> NATSError? {
    do {
      _ = try await opening.result.get()
      return nil
    } catch {
      return error as? NATSError
    }
  }

  private let tunnel = "HTTP/1.1 200 Connection established\r\nProxy-agent: test\r\n\r\n"

  @Test func tunnelInAnySplit() async throws {
    let proxy = NATSProxy(host: "p", port: 1)
    let answer = tunnel + "INFO {}\r\n"
    for split in 0...answer.utf8.count {
      let opening = try await open("nats://h:4222", proxy: proxy)
      #expect(try await opening.sent() == "CONNECT h:4222 HTTP/1.1\r\nHost: h:4222\r\n\r\n")
      let bytes = ByteBuffer(string: answer)
      for range in [0..<split, split..<bytes.readableBytes] {
        try await opening.channel.writeInbound(
          try #require(bytes.getSlice(at: range.lowerBound, length: range.count)))
      }
      _ = try await opening.result.get()
      #expect(await opening.delivered() == "INFO {}\r\n")
      #expect(try await opening.sent() == nil)
      _ = try? await opening.channel.finish()
    }
  }

  @Test(arguments: [
    ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407"), ("HTTP/1.0 503 Down\r\n\r\n", "503 Down"),
    ("SSH-2.0-OpenSSH\r\n", "does not answer with HTTP"),
    ("HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 20_000))", "too large"),
  ])
  func refusedTunnelThrows(answer: String, reason: String) async throws {
    let opening = try await open(
      "nats://h", proxy: NATSProxy(host: "p", port: 1, user: "u", password: "s3cr3t"))
    _ = try? await opening.channel.writeInbound(ByteBuffer(string: answer))
    let error = await failure(opening)
    #expect(error?.code == .proxyFailed)
    #expect(error?.message.contains(reason) == true)
    #expect(error?.message.contains("s3cr3t") == false)
    #expect(!opening.channel.isActive)
  }

  @Test func webSocketThroughATunnel() async throws {
    let opening = try await open("ws://h:80/p", proxy: NATSProxy(host: "p", port: 1))
    _ = try await opening.sent()
    #expect(try await opening.sent() == nil)
    try await opening.channel.writeInbound(ByteBuffer(string: tunnel))
    let request = try #require(try await opening.sent())
    #expect(request.hasPrefix("GET /p HTTP/1.1\r\nHost: h\r\n"))
    let key = try #require(request.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") })
      .dropFirst(19)
    let accept = Base64.encode(SHA1.hash(Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    // The first frame arrives with the response. Nothing is sent before.
    #expect(try await opening.sent() == nil)
    var answer = ByteBuffer(
      string: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: \(accept)\r\n\r\n")
    answer.writeBytes([0x82, 0x09] + Array("INFO {}\r\n".utf8))
    try await opening.channel.writeInbound(answer)
    _ = try await opening.result.get()
    #expect(await opening.delivered() == "INFO {}\r\n")
    _ = try? await opening.channel.finish()
  }

  @Test func frameInsteadOfAResponseThrows() async throws {
    let opening = try await open("ws://h")
    _ = try? await opening.channel.writeInbound(ByteBuffer(bytes: [0x82, 0x00]))
    #expect(await failure(opening)?.code == .webSocketFailed)
    #expect(!opening.channel.isActive)
  }

  @Test(arguments: ["nats://h", "ws://h"])
  func silentServerTimesOut(url: String) async throws {
    let opening = try await open(url, proxy: NATSProxy(host: "p", port: 1))
    await opening.channel.testingEventLoop.advanceTime(by: .seconds(5))
    let error = await failure(opening)
    #expect(error?.code == .timeout)
    #expect(!opening.channel.isActive)
  }

  @Test(arguments: [("nats://h", true, NATSError.Code.proxyFailed), ("ws://h", false, .webSocketFailed)])
  func closeInsteadOfAResponseThrows(url: String, proxied: Bool, code: NATSError.Code) async throws {
    let opening = try await open(url, proxy: proxied ? NATSProxy(host: "p", port: 1) : nil)
    try await opening.channel.close().get()
    #expect(await failure(opening)?.code == code)
  }

  @Test func errorOfInstallIsReported() async throws {
    let channel = NIOAsyncTestingChannel()
    let refusal = NATSError(.invalidCredentials, "no")
    let plan = try await TransportPlan(
      server: NATSServerAddress("h"), connector: TransportConnector(tls: NATSTLSConfiguration()),
      deadline: .distantFuture, eventLoop: channel.eventLoop
    ) { _ in throw refusal }
    let promise = channel.eventLoop.makePromise(of: (any Channel).self)
    try await channel.testingEventLoop.executeInContext {
      try channel.pipeline.syncOperations.addHandler(TransportOpener(plan: plan, promise: promise))
    }
    try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
    await #expect(throws: refusal) { _ = try await promise.futureResult.get() }
  }

  @Test(arguments: [NATSTLSConfiguration.Mode.required, .first])
  func plainWebSocketWithRequiredTLSThrows(mode: NATSTLSConfiguration.Mode) async throws {
    let connector = TransportConnector(tls: NATSTLSConfiguration(mode: mode))
    let error = await #expect(throws: NATSError.self) {
      _ = try await connector.connect(
        to: NATSServerAddress("ws://127.0.0.1:1"), on: NIOSingletons.posixEventLoopGroup.next(),
        deadline: .now() + .seconds(5)
      ) { _ in }
    }
    #expect(error?.code == .tlsRequired)
  }
}
