import NIOCore
import WebSocketProtocol

/// A byte stream over a WebSocket (RFC 6455, RFC 7692). The bytes between two flushes are sent as one binary frame, and the
/// payload of received binary frames is delivered as bytes.
final class WebSocketHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The maximum size of a frame and of an inflated message in bytes. Exceeds the maximum `max_payload` of nats-server (64 MiB).
  static let maximumLength = 65 * 1024 * 1024

  /// An outbound user event that sets the server's `max_payload`.
  struct MaximumPayload: Sendable {
    var bytes: Int
  }

  private let server: NATSServerAddress
  private var reader: WebSocketFrameReader
  private var pending = CircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>(
    initialCapacity: 8)
  private var deflater: MessageDeflater?
  private var inflater: MessageInflater?
  /// The maximum size of a compressed message before compression, in bytes.
  private var deflateLimit = MessageDeflate.limit(maximumPayload: nil)
  private var isClosing = false

  init(
    server: NATSServerAddress, compression: Bool, maximumLength: Int = WebSocketHandler.maximumLength
  ) {
    self.server = server
    reader = WebSocketFrameReader(compressionAllowed: compression, maximumFrameLength: maximumLength)
    if compression {
      deflater = MessageDeflater()
      inflater = MessageInflater(maximumLength: maximumLength)
    }
  }

  // MARK: Inbound

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isClosing { return }
    reader.append(unwrapInboundIn(data))
    do {
      while !isClosing, let event = try reader.next() {
        try handle(event, context: context)
      }
    } catch let violation as WebSocketFrameParser.Violation {
      shutDown(
        context: context, code: violation.closeCode,
        error: "\(server) broke the WebSocket protocol: \(violation.reason)")
    } catch {
      shutDown(context: context, code: 1002, error: "the WebSocket of \(server) failed: \(error)")
    }
  }

  private func handle(_ event: WebSocketFrameReader.Event, context: ChannelHandlerContext) throws {
    switch event {
    case .data(let bytes, compressed: false):
      context.fireChannelRead(wrapInboundOut(bytes))
    case .data(let bytes, compressed: true):
      try inflater?.inflate(bytes) { context.fireChannelRead(wrapInboundOut($0)) }
    case .endOfMessage(compressed: true):
      try inflater?.endMessage { context.fireChannelRead(wrapInboundOut($0)) }
    case .endOfMessage(compressed: false), .pong: break
    case .ping(let payload):
      // No pong is queued for a peer that sends pings without reading, so the write buffer stays bounded.
      if context.channel.isWritable {
        writeControl(.pong, payload, context: context)
        context.flush()
      }
    case .close(let code, let reason):
      let status = [code.map { "\($0)" }, reason.isEmpty ? nil : reason].compactMap { $0 }.joined(
        separator: " ")
      shutDown(
        context: context, code: code ?? 1000,
        error: "\(server) closed the WebSocket\(status.isEmpty ? "" : " (\(status))")")
    }
  }

  /// Sends a close frame, fires the error and closes the channel.
  private func shutDown(context: ChannelHandlerContext, code: UInt16, error: String) {
    isClosing = true
    writeControl(.close, ByteBuffer(integer: code), context: context)
    context.flush()
    context.fireErrorCaught(NATSError(.webSocketFailed, error))
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    failPending()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    failPending()
  }

  // MARK: Outbound

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if isClosing {
      promise?.fail(ChannelError.ioOnClosedChannel)
    } else {
      pending.append((unwrapOutboundIn(data), promise))
    }
  }

  func flush(context: ChannelHandlerContext) {
    sendPending(context: context)
    context.flush()
  }

  func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?)
  {
    if let limit = event as? MaximumPayload {
      deflateLimit = MessageDeflate.limit(maximumPayload: limit.bytes)
      promise?.succeed()
    } else {
      context.triggerUserOutboundEvent(event, promise: promise)
    }
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if !isClosing, mode == .all {
      isClosing = true
      sendPending(context: context)
      writeControl(.close, ByteBuffer(integer: UInt16(1000)), context: context)
      context.flush()
    }
    context.close(mode: mode, promise: promise)
  }

  private func sendPending(context: ChannelHandlerContext) {
    let length = pending.reduce(0) { $0 &+ $1.bytes.readableBytes }
    guard length > 0 else {
      while let (_, promise) = pending.popFirst() { promise?.succeed() }
      return
    }
    if deflater != nil, length >= MessageDeflate.minimumLength {
      sendCompressed(context: context)
      return
    }
    let mask = WebSocketMask.random()
    let header = WebSocketFrameHeader(opcode: .binary, length: length)
    context.write(wrapOutboundOut(header.buffer(mask)), promise: nil)
    var offset = 0
    while var entry = pending.popFirst() {
      let count = entry.bytes.readableBytes
      entry.bytes.apply(mask, offset: offset)
      offset &+= count
      context.write(wrapOutboundOut(entry.bytes), promise: entry.promise)
    }
  }

  private func sendCompressed(context: ChannelHandlerContext) {
    guard var (bytes, promise) = pending.popFirst() else { return }
    while var next = pending.popFirst() {
      bytes.writeBuffer(&next.bytes)
      promise.setOrCascade(to: next.promise)
    }
    while let piece = bytes.readSlice(length: min(bytes.readableBytes, deflateLimit)) {
      let mask = WebSocketMask.random()
      let deflated = piece.readableBytes >= MessageDeflate.minimumLength ? deflater?.deflate(piece) : nil
      var payload = deflated ?? piece
      let header = WebSocketFrameHeader(
        opcode: .binary, length: payload.readableBytes, isCompressed: deflated != nil)
      payload.apply(mask, offset: 0)
      context.write(wrapOutboundOut(header.buffer(mask)), promise: nil)
      let isLast = bytes.readableBytes == 0
      context.write(wrapOutboundOut(payload), promise: isLast ? promise : nil)
      if isLast { break }
    }
  }

  private func writeControl(
    _ opcode: WebSocketFrameHeader.Opcode, _ payload: ByteBuffer, context: ChannelHandlerContext
  ) {
    let mask = WebSocketMask.random()
    var payload = payload
    var frame = WebSocketFrameHeader(opcode: opcode, length: payload.readableBytes).buffer(mask)
    payload.apply(mask, offset: 0)
    frame.writeBuffer(&payload)
    context.write(wrapOutboundOut(frame), promise: nil)
  }

  private func failPending() {
    while let (_, promise) = pending.popFirst() { promise?.fail(ChannelError.ioOnClosedChannel) }
  }
}

extension WebSocketMask {
  static func random() -> WebSocketMask {
    WebSocketMask(key: UInt32.random(in: .min ... .max))
  }
}

extension WebSocketFrameHeader {
  fileprivate func buffer(_ mask: WebSocketMask) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: Self.maximumLength)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.maximumLength) { encode(mask, to: $0) }
    return buffer
  }
}

extension ByteBuffer {
  fileprivate mutating func apply(_ mask: WebSocketMask, offset: Int) {
    withUnsafeMutableReadableBytes { mask.apply(to: $0, offset: offset) }
  }
}
