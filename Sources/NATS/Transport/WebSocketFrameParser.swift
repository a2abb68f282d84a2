import NIOCore

/// An incremental parser of WebSocket frames from a server (RFC 6455, section 5). Performs no I/O.
///
/// The payload of data frames is returned as it arrives, so frames are not buffered.
struct WebSocketFrameParser {
  enum Event: Equatable {
    /// A piece of a message.
    case data(ByteBuffer, compressed: Bool)
    /// The end of a message, after its last piece.
    case endOfMessage(compressed: Bool)
    case ping(ByteBuffer)
    case pong
    case close(code: UInt16?, reason: String)
  }

  /// A violation of the protocol, with the status code to close the connection with (RFC 6455, section 7.4).
  struct Violation: Error, Equatable {
    let closeCode: UInt16
    let reason: String

    init(_ reason: String, closeCode: UInt16 = 1002) {
      self.closeCode = closeCode
      self.reason = reason
    }
  }

  private enum State {
    case header
    case data(remaining: Int, final: Bool)
    case control(Opcode, length: Int)
    case failed(Violation)
  }

  private enum Opcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10
  }

  private let compressionAllowed: Bool
  private let maximumFrameLength: Int
  private var state = State.header
  private var isInMessage = false
  private var isCompressed = false
  private var buffer = ByteBuffer()

  init(compressionAllowed: Bool, maximumFrameLength: Int) {
    self.compressionAllowed = compressionAllowed
    self.maximumFrameLength = maximumFrameLength
  }

  mutating func append(_ bytes: ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      buffer.discardReadBytes()
      buffer.writeImmutableBuffer(bytes)
    }
  }

  /// Returns the next event, or nil if more bytes are needed.
  ///
  /// - Throws: a violation. Every later call throws the same one.
  mutating func next() throws(Violation) -> Event? {
    do {
      return try advance()
    } catch {
      state = .failed(error)
      throw error
    }
  }

  private mutating func advance() throws(Violation) -> Event? {
    while true {
      switch state {
      case .failed(let violation):
        throw violation
      case .header:
        guard try readHeader() else { return nil }
      case .data(let remaining, let final):
        if remaining == 0 {
          state = .header
          isInMessage = !final
          if final { return .endOfMessage(compressed: isCompressed) }
          continue
        }
        let length = min(remaining, buffer.readableBytes)
        guard length > 0, let piece = buffer.readSlice(length: length) else { return nil }
        state = .data(remaining: remaining - length, final: final)
        return .data(piece, compressed: isCompressed)
      case .control(let opcode, let length):
        guard let payload = buffer.readSlice(length: length) else { return nil }
        state = .header
        switch opcode {
        case .ping: return .ping(payload)
        case .close: return try Self.close(payload)
        default: return .pong
        }
      }
    }
  }

  private mutating func readHeader() throws(Violation) -> Bool {
    let start = buffer.readerIndex
    guard let first = buffer.getInteger(at: start, as: UInt8.self),
      let second = buffer.getInteger(at: start + 1, as: UInt8.self)
    else { return false }
    let final = first & 0x80 != 0
    let compressed = first & 0x40 != 0
    guard first & 0x30 == 0 else { throw Violation("a reserved bit is set") }
    guard let opcode = Opcode(rawValue: first & 0x0F) else {
      throw Violation("an unknown opcode \(first & 0x0F)")
    }
    guard second & 0x80 == 0 else { throw Violation("a masked frame, which a server must not send") }

    let isControl = opcode.rawValue >= 8
    if compressed, !compressionAllowed || isControl || opcode == .continuation {
      throw Violation("a reserved bit is set")
    }
    switch opcode {
    case .text: throw Violation("a text frame; NATS is spoken in binary frames", closeCode: 1003)
    case .continuation:
      guard isInMessage else { throw Violation("a continuation frame without a beginning") }
    case .binary:
      guard !isInMessage else { throw Violation("a new message before the end of the last") }
    case .close, .ping, .pong:
      guard final else { throw Violation("a control frame in pieces") }
    }

    var length = Int(second & 0x7F)
    var headerSize = 2
    if length == 126 {
      guard !isControl else { throw Violation("a control frame of more than 125 bytes") }
      guard let value = buffer.getInteger(at: start + 2, as: UInt16.self) else { return false }
      guard value > 125 else { throw Violation("a length that is not in its shortest form") }
      length = Int(value)
      headerSize = 4
    } else if length == 127 {
      guard !isControl else { throw Violation("a control frame of more than 125 bytes") }
      guard let value = buffer.getInteger(at: start + 2, as: UInt64.self) else { return false }
      guard value > UInt64(UInt16.max) else { throw Violation("a length that is not in its shortest form") }
      guard value <= UInt64(maximumFrameLength) else {
        throw Violation("a frame of \(value) bytes, at most \(maximumFrameLength) are taken", closeCode: 1009)
      }
      length = Int(value)
      headerSize = 10
    }
    guard length <= maximumFrameLength else {
      throw Violation("a frame of \(length) bytes, at most \(maximumFrameLength) are taken", closeCode: 1009)
    }
    buffer.moveReaderIndex(forwardBy: headerSize)
    if isControl {
      state = .control(opcode, length: length)
    } else {
      if opcode == .binary { isCompressed = compressed }
      isInMessage = true
      state = .data(remaining: length, final: final)
    }
    return true
  }

  private static func close(_ payload: ByteBuffer) throws(Violation) -> Event {
    var payload = payload
    if payload.readableBytes == 0 { return .close(code: nil, reason: "") }
    guard let code = payload.readInteger(as: UInt16.self) else {
      throw Violation("a close frame of one byte")
    }
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: throw Violation("a close frame with the status \(code)")
    }
    // Only printable ASCII, because the reason is logged.
    let reason = payload.readableBytesView.lazy.filter { (0x20..<0x7F).contains($0) }
    return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
  }
}
