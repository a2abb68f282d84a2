import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing
import WebSocketProtocol

@testable import NATS

/// The handler with the frame decoder and encoder of NIOWebSocket as an independent peer.
@Suite("WebSocket stream")
struct WebSocketHandlerTests {
  private let channel = EmbeddedChannel()
  /// Decodes the client's frames.
  private let peer = EmbeddedChannel()

  private func start(compression: Bool = false, limit: Int = 1 << 20) throws {
    let handler = WebSocketHandler(
      server: try NATSServerAddress("ws://h"), compression: compression, maximumLength: limit)
    try channel.pipeline.syncOperations.addHandler(handler)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try peer.pipeline.syncOperations.addHandler(
      ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Int(UInt32.max))))
  }

  private func sentFrames() throws -> [WebSocketFrame] {
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) { try peer.writeInbound(bytes) }
    var frames: [WebSocketFrame] = []
    while let frame = try peer.readInbound(as: WebSocketFrame.self) { frames.append(frame) }
    return frames
  }

  /// Encodes a frame from a server.
  private func serverFrame(_ frame: WebSocketFrame) throws -> ByteBuffer {
    let encoder = EmbeddedChannel(handler: WebSocketFrameEncoder())
    try encoder.writeOutbound(frame)
    var bytes = ByteBuffer()
    while let part = try encoder.readOutbound(as: ByteBuffer.self) { bytes.writeImmutableBuffer(part) }
    return bytes
  }

  private func received() throws -> ByteBuffer {
    var all = ByteBuffer()
    while let bytes = try channel.readInbound(as: ByteBuffer.self) { all.writeImmutableBuffer(bytes) }
    return all
  }

  @Test(arguments: [1, 7, 8, 9, 125, 126, 1000, 65_535, 65_536, 100_000])
  func eachWriteIsOneMaskedFrame(length: Int) throws {
    try start()
    let bytes = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try channel.writeOutbound(bytes)
    let frames = try sentFrames()
    #expect(frames.count == 1)
    let frame = try #require(frames.first)
    #expect(frame.fin)
    #expect(frame.opcode == .binary)
    #expect(frame.maskKey != nil)
    #expect(frame.unmaskedData == bytes)
  }

  @Test func writesBeforeAFlushShareAFrame() throws {
    try start()
    var expected = ByteBuffer()
    var promises: [EventLoopFuture<Void>] = []
    for length in [3, 1, 0, 16, 5, 9, 13] {
      let bytes = ByteBuffer(repeating: UInt8(length), count: length)
      expected.writeImmutableBuffer(bytes)
      promises.append(channel.write(bytes))
    }
    #expect(try sentFrames().isEmpty)
    channel.flush()
    for promise in promises { try promise.wait() }
    #expect(try sentFrames().map(\.unmaskedData) == [expected])
    channel.flush()
    #expect(try sentFrames().isEmpty)
  }

  @Test func maskKeysDiffer() throws {
    try start()
    for _ in 0..<8 { try channel.writeOutbound(ByteBuffer(string: "x")) }
    #expect(Set(try sentFrames().compactMap { $0.maskKey.map { Array($0) } }).count > 1)
  }

  @Test func pingBetweenFragmentsIsAnswered() throws {
    try start()
    var stream = try serverFrame(
      WebSocketFrame(fin: false, opcode: .binary, data: ByteBuffer(string: "INFO ")))
    stream.writeImmutableBuffer(
      try serverFrame(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "are you?"))))
    stream.writeImmutableBuffer(
      try serverFrame(WebSocketFrame(fin: true, opcode: .continuation, data: ByteBuffer(string: "{}\r\n"))))
    for byte in stream.readableBytesView { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
    #expect(String(buffer: try received()) == "INFO {}\r\n")
    let frames = try sentFrames()
    #expect(frames.map(\.opcode) == [.pong])
    #expect(frames.map { String(buffer: $0.unmaskedData) } == ["are you?"])
    #expect(frames.first?.maskKey != nil)
  }

  @Test func closeIsAnsweredAndReported() throws {
    try start()
    var payload = ByteBuffer(integer: UInt16(1001))
    payload.writeString("restart")
    let error = #expect(throws: NATSError.self) {
      try channel.writeInbound(
        try serverFrame(WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)))
    }
    #expect(error?.code == .webSocketFailed)
    #expect(error?.message == "ws://h:80 closed the WebSocket (1001 restart)")
    let frames = try sentFrames()
    #expect(frames.map(\.opcode) == [.connectionClose])
    #expect(frames.first?.unmaskedData == ByteBuffer(integer: UInt16(1001)))
    #expect(!channel.isActive)
  }

  @Test(
    arguments: [
      ([0x81, 0x02, 0x68, 0x69], 1003, "a text frame; NATS is spoken in binary frames"),
      ([0xA2, 0x00], 1002, "a reserved bit is set"),
      ([0x82, 0x7F, 0, 0, 0, 0, 0, 0x10, 0, 1], 1009, "a frame of 1048577 bytes, at most 1048576 are taken"),
      ([0x80, 0x00], 1002, "a continuation frame without a beginning"),
    ] as [([UInt8], UInt16, String)])
  func violationClosesTheConnection(bytes: [UInt8], code: UInt16, reason: String) throws {
    try start()
    let error = #expect(throws: NATSError.self) { try channel.writeInbound(ByteBuffer(bytes: bytes)) }
    #expect(error == NATSError(.webSocketFailed, "ws://h:80 broke the WebSocket protocol: \(reason)"))
    #expect(try sentFrames().map(\.unmaskedData) == [ByteBuffer(integer: code)])
    #expect(!channel.isActive)
  }

  @Test func writesBeforeACloseAreSent() throws {
    try start()
    let write = channel.write(ByteBuffer(string: "UNSUB 1\r\n"))
    try channel.close().wait()
    try write.wait()
    let frames = try sentFrames()
    #expect(frames.map(\.opcode) == [.binary, .connectionClose])
    #expect(frames.first.map { String(buffer: $0.unmaskedData) } == "UNSUB 1\r\n")
  }

  @Test func writesFailWhenTheConnectionIsLost() throws {
    try start()
    let write = channel.write(ByteBuffer(string: "x"))
    channel.pipeline.fireChannelInactive()
    #expect(throws: ChannelError.ioOnClosedChannel) { try write.wait() }
  }

  @Test func longMessagesAreCompressed() throws {
    try start(compression: true)
    channel.pipeline.triggerUserOutboundEvent(WebSocketHandler.MaximumPayload(bytes: 1 << 20), promise: nil)
    let long = ByteBuffer(string: String(repeating: "PUB a 5\r\nhello\r\n", count: 20_000))
    try channel.writeOutbound(long)
    try channel.writeOutbound(ByteBuffer(string: "PING\r\n"))
    let frames = try sentFrames()
    #expect(frames.map(\.rsv1) == Array(repeating: true, count: frames.count - 1) + [false])
    #expect(frames.last.map { String(buffer: $0.unmaskedData) } == "PING\r\n")
    #expect(frames.count == 6)
    #expect(frames.allSatisfy { $0.fin && $0.opcode == .binary && $0.maskKey != nil })
    let inflater = MessageInflater(maximumLength: 65_536)
    var output = ByteBuffer()
    for frame in frames where frame.rsv1 {
      try inflater.inflate(frame.unmaskedData) { output.writeImmutableBuffer($0) }
      try inflater.endMessage { output.writeImmutableBuffer($0) }
    }
    #expect(output == long)
    #expect(frames.reduce(0) { $0 + $1.length } < long.readableBytes / 20)
  }

  @Test(arguments: [(nil, 1024), (100, 100), (1 << 30, 65_536)])
  func compressedMessagesAreLimitedToMaxPayload(maximumPayload: Int?, longest: Int) throws {
    try start(compression: true)
    if let maximumPayload {
      channel.pipeline.triggerUserOutboundEvent(
        WebSocketHandler.MaximumPayload(bytes: maximumPayload), promise: nil)
    }
    try channel.writeOutbound(ByteBuffer(repeating: 0x61, count: 200_000))
    let inflater = MessageInflater(maximumLength: longest)
    var lengths: [Int] = []
    for frame in try sentFrames() where frame.rsv1 {
      var length = 0
      try inflater.inflate(frame.unmaskedData) { length += $0.readableBytes }
      try inflater.endMessage { length += $0.readableBytes }
      lengths.append(length)
    }
    #expect(lengths.max() == longest)
    #expect(lengths.reduce(0, +) >= 200_000 - MessageDeflate.minimumLength)
  }

  @Test func readsCompressedFragments() throws {
    try start(compression: true)
    let deflated = try #require(MessageDeflater().deflate(ByteBuffer(repeating: 0x61, count: 40_000)))
    for round in 1...2 {
      for (index, byte) in deflated.readableBytesView.enumerated() {
        let frame = WebSocketFrame(
          fin: index == deflated.readableBytes - 1, rsv1: index == 0,
          opcode: index == 0 ? .binary : .continuation,
          data: ByteBuffer(bytes: [byte]))
        try channel.writeInbound(try serverFrame(frame))
      }
      #expect(try received() == ByteBuffer(repeating: 0x61, count: 40_000), "round \(round)")
    }
  }

  @Test func tooLargeInflatedMessageClosesTheConnection() throws {
    try start(compression: true, limit: 10_000)
    let bomb = try #require(MessageDeflater().deflate(ByteBuffer(repeating: 0, count: 65_536)))
    let error = #expect(throws: NATSError.self) {
      try channel.writeInbound(
        try serverFrame(WebSocketFrame(fin: true, rsv1: true, opcode: .binary, data: bomb)))
    }
    #expect(
      error?.message
        == "the WebSocket of ws://h:80 failed: a message is longer than 10000 bytes when decompressed")
    #expect(try received().readableBytes <= 10_000)
    #expect(!channel.isActive)
  }

  @Test func pongsAreNotQueuedForAPeerThatDoesNotRead() throws {
    try start()
    channel.isWritable = false
    for _ in 0..<100 {
      try channel.writeInbound(try serverFrame(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())))
    }
    #expect(try sentFrames().isEmpty)
  }
}
