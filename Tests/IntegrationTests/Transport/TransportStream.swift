import NIOCore
import NIOPosix
import Testing

@testable import NATS

/// A stream opened by the connector, which a test reads and writes directly.
final class TransportStream {
  /// Collects received bytes.
  private final class Tap: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let sink: AsyncThrowingStream<ByteBuffer, any Error>.Continuation

    init(_ sink: AsyncThrowingStream<ByteBuffer, any Error>.Continuation) {
      self.sink = sink
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      sink.yield(unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      sink.finish(throwing: error)
    }

    func channelInactive(context: ChannelHandlerContext) {
      sink.finish()
    }
  }

  let channel: any Channel
  private let connector: TransportConnector
  private let server: NATSServerAddress
  private let arrivals: AsyncThrowingStream<ByteBuffer, any Error>
  private var gathered = ByteBuffer()

  init(
    _ url: String, tls: NATSTLSConfiguration = NATSTLSConfiguration(), proxy: NATSProxy? = nil,
    compression: Bool = true, timeout: TimeAmount = .seconds(20), resolved: SocketAddress? = nil
  ) async throws {
    server = try NATSServerAddress(url)
    connector = TransportConnector(tls: tls, proxy: proxy, webSocketCompression: compression)
    let (stream, sink) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
    arrivals = stream
    channel = try await connector.connect(
      to: server, resolved: resolved, on: NIOSingletons.posixEventLoopGroup.next(), deadline: .now() + timeout
    ) { channel in
      try channel.pipeline.syncOperations.addHandler(Tap(sink))
    }
  }

  func upgradeToTLS() async throws {
    try await connector.upgradeToTLS(channel: channel, server: server).get()
  }

  func send(_ text: String) async throws {
    try await channel.writeAndFlush(ByteBuffer(string: text))
  }

  /// The next line, without its end.
  func line() async throws -> String {
    while true {
      if let end = gathered.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
        let length = end - gathered.readerIndex + 1
        // CR LF is one grapheme cluster.
        let line = String(String(decoding: try await read(length), as: UTF8.self).dropLast(1))
        if line != "PING" { return line }
        try await send("PONG\r\n")
        continue
      }
      try await more()
    }
  }

  func read(_ count: Int) async throws -> [UInt8] {
    while gathered.readableBytes < count { try await more() }
    let bytes = gathered.readBytes(length: count)
    return try #require(bytes)
  }

  private func more() async throws {
    var iterator = arrivals.makeAsyncIterator()
    let next = try await iterator.next(isolation: #isolation)
    gathered.writeImmutableBuffer(try #require(next, "the stream ended"))
  }

  private func expect(_ expected: String) async throws {
    let line = try await line()
    try #require(line == expected)
  }

  /// Connects and exchanges messages of various sizes with itself.
  func exchangeMessages(connect: String = #"{"verbose":false,"lang":"test","version":"1"}"#) async throws {
    try await send("CONNECT \(connect)\r\nPING\r\n")
    try await expect("PONG")
    try await send("SUB test 1\r\n")
    for size in [0, 1, 10, 125, 126, 1000, 65_535, 65_536, 300_000] {
      let payload = String(decoding: (0..<size).map { UInt8(97 + ($0 &* $0) % 10) }, as: UTF8.self)
      try await send("PUB test \(size)\r\n\(payload)\r\n")
      try await expect("MSG test 1 \(size)")
      let echoed = try await read(size + 2)
      try #require(echoed == Array("\(payload)\r\n".utf8))
    }
    // Many in one write.
    try await send(String(repeating: "PUB test 5\r\nhello\r\n", count: 1000) + "PING\r\n")
    for _ in 0..<1000 {
      try await expect("MSG test 1 5")
      try await expect("hello")
    }
    try await expect("PONG")
    try await channel.close()
  }
}
