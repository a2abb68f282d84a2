/// An incremental parser of WebSocket frames from a server (RFC 6455, section 5).
///
/// The caller owns the receive buffer. Payloads are returned as ranges of it, and the payload of data frames as it arrives, so
/// that frames are neither buffered nor copied.
package struct WebSocketFrameParser: Sendable {
  package enum Event: Equatable, Sendable {
    /// A piece of a message.
    case data(Range<Int>, compressed: Bool)
    /// The end of a message, after its last piece.
    case endOfMessage(compressed: Bool)
    case ping(Range<Int>)
    case pong
    case close(code: UInt16?, reason: String)
  }

  /// A violation of the protocol, with the status code to close the connection with (RFC 6455, section 7.4).
  package struct Violation: Error, Equatable {
    package let closeCode: UInt16
    package let reason: String

    package init(_ reason: String, closeCode: UInt16 = 1002) {
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

  package init(compressionAllowed: Bool, maximumFrameLength: Int) {
    self.compressionAllowed = compressionAllowed
    self.maximumFrameLength = maximumFrameLength
  }

  /// Returns the next event, or nil if more bytes are needed.
  ///
  /// - Parameters:
  ///   - bytes: the receive buffer.
  ///   - offset: the number of bytes consumed. Bytes before it are not read again.
  /// - Throws: a violation. Every later call throws the same one.
  package mutating func next(
    in bytes: UnsafeRawBufferPointer, at offset: inout Int
  ) throws(Violation) -> Event? {
    do {
      return try advance(bytes, &offset)
    } catch {
      state = .failed(error)
      throw error
    }
  }

  private mutating func advance(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(Violation) -> Event? {
    while true {
      switch state {
      case .failed(let violation):
        throw violation
      case .header:
        guard try readHeader(bytes, &offset) else { return nil }
      case .data(let remaining, let final):
        if remaining == 0 {
          state = .header
          isInMessage = !final
          if final { return .endOfMessage(compressed: isCompressed) }
          continue
        }
        let length = min(remaining, bytes.count - offset)
        guard length > 0 else { return nil }
        let piece = offset..<(offset + length)
        offset += length
        state = .data(remaining: remaining - length, final: final)
        return .data(piece, compressed: isCompressed)
      case .control(let opcode, let length):
        guard bytes.count - offset >= length else { return nil }
        let payload = offset..<(offset + length)
        offset += length
        state = .header
        switch opcode {
        case .ping: return .ping(payload)
        case .close: return try Self.close(UnsafeRawBufferPointer(rebasing: bytes[payload]))
        default: return .pong
        }
      }
    }
  }

  private mutating func readHeader(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(Violation) -> Bool {
    let available = UnsafeRawBufferPointer(rebasing: bytes[offset...])
    guard available.count >= 2 else { return false }
    let first = available[0]
    let second = available[1]
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
      guard let value = Self.integer(available, bytes: 2) else { return false }
      guard value > 125 else { throw Violation("a length that is not in its shortest form") }
      length = Int(value)
      headerSize = 4
    } else if length == 127 {
      guard !isControl else { throw Violation("a control frame of more than 125 bytes") }
      guard let value = Self.integer(available, bytes: 8) else { return false }
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
    offset += headerSize
    if isControl {
      state = .control(opcode, length: length)
    } else {
      if opcode == .binary { isCompressed = compressed }
      isInMessage = true
      state = .data(remaining: length, final: final)
    }
    return true
  }

  /// Reads the extended payload length in network byte order.
  private static func integer(_ header: UnsafeRawBufferPointer, bytes width: Int) -> UInt64? {
    guard header.count >= 2 + width else { return nil }
    return header[2..<(2 + width)].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func close(_ payload: UnsafeRawBufferPointer) throws(Violation) -> Event {
    if payload.isEmpty { return .close(code: nil, reason: "") }
    guard payload.count >= 2 else { throw Violation("a close frame of one byte") }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: throw Violation("a close frame with the status \(code)")
    }
    // Only printable ASCII, because the reason is logged.
    let reason = payload.dropFirst(2).filter { (0x20..<0x7F).contains($0) }
    return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
  }
}
