import Glibc
import NIOCore

/// An incremental parser of server operations. Performs no I/O.
///
/// After an error the connection has to be closed, because the parser cannot find the next operation.
struct ServerOperationParser {
  /// Limits of the memory that a server can make the client use.
  struct Limits: Sendable {
    /// The maximum length of a control line in bytes. The longest one is the INFO of a large cluster.
    var controlLine = 1 << 20
    /// The maximum size of headers and payload of a message in bytes. The maximum of nats-server is 64 MiB.
    var content = 64 << 20
  }

  private var buffer = ByteBuffer()
  /// The number of bytes of ``buffer`` that are known to contain no line end.
  private var searched = 0
  /// The length of the first operation, once its control line has been parsed.
  private var needed = 0
  private let limits: Limits

  init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Received bytes that have not been consumed yet.
  var pendingBytes: Int { buffer.readableBytes }

  /// The size of the buffer in bytes.
  var capacity: Int { buffer.capacity }

  /// Appends received bytes.
  mutating func append(_ bytes: consuming ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      // Otherwise consumed bytes would accumulate while no read ends at the end of an operation.
      buffer.discardReadBytes()
      buffer.writeBuffer(&bytes)
    }
  }

  /// Returns the next complete operation, or nil if more bytes are needed.
  ///
  /// - Throws: ``NATSError/Code/protocolViolation`` on bytes that violate the protocol.
  mutating func next() throws(NATSError) -> ServerOperation? {
    let available = buffer.readableBytes
    guard available > 0, available >= needed else { return nil }
    let step = try Self.scan(buffer, searched: searched, limits: limits)
    switch step {
    case .incomplete(let searched, let needed):
      self.searched = searched
      self.needed = needed
      return nil
    case .line(let operation, let length):
      consume(length)
      return operation
    case .message(let layout):
      searched = 0
      needed = 0
      guard let bytes = buffer.readSlice(length: layout.length) else { return nil }
      return .message(
        MessageFrame(
          bytes: bytes, sid: layout.sid, subject: layout.subject, reply: layout.reply,
          contentStart: layout.contentStart, headersLength: layout.headersLength,
          payloadLength: layout.payloadLength))
    }
  }

  private mutating func consume(_ length: Int) {
    searched = 0
    needed = 0
    buffer.moveReaderIndex(forwardBy: length)
  }

  private enum Step {
    case incomplete(searched: Int, needed: Int)
    case line(ServerOperation, length: Int)
    case message(MessageLayout)
  }

  private struct MessageLayout {
    var length: Int
    var sid: UInt64
    var subject: Range<Int>
    var reply: Range<Int>
    var contentStart: Int
    var headersLength: Int
    var payloadLength: Int
  }

  private static func scan(
    _ buffer: ByteBuffer, searched: Int, limits: Limits
  ) throws(NATSError) -> Step {
    let result: Result<Step, NATSError> = buffer.withUnsafeReadableBytes { bytes in
      do throws(NATSError) {
        return .success(try scan(bytes, searched: searched, limits: limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func scan(
    _ bytes: UnsafeRawBufferPointer, searched: Int, limits: Limits
  ) throws(NATSError) -> Step {
    guard let base = bytes.baseAddress else { return .incomplete(searched: 0, needed: 0) }
    let count = bytes.count
    guard let newline = memchr(base + searched, 0x0a, count - searched) else {
      guard count <= limits.controlLine else {
        throw violation("a control line is longer than \(limits.controlLine) bytes")
      }
      return .incomplete(searched: count, needed: 0)
    }
    let lineFeed = base.distance(to: UnsafeRawPointer(newline))
    guard lineFeed <= limits.controlLine else {
      throw violation("a control line is longer than \(limits.controlLine) bytes")
    }
    let next = lineFeed + 1
    let end = lineFeed > 0 && bytes[lineFeed - 1] == 0x0d ? lineFeed - 1 : lineFeed
    let line = UnsafeRawBufferPointer(rebasing: bytes[0..<end])
    switch end > 0 ? bytes[0] | 0x20 : 0 {
    case UInt8(ascii: "m"):
      guard end > 4, hasPrefix(line, "MSG"), isSpace(line[3]) else { throw unknown(line) }
      return try message(
        line, from: 4, hasHeaders: false, next: next, available: bytes, searched: lineFeed, limits: limits)
    case UInt8(ascii: "h"):
      guard end > 5, hasPrefix(line, "HMSG"), isSpace(line[4]) else { throw unknown(line) }
      return try message(
        line, from: 5, hasHeaders: true, next: next, available: bytes, searched: lineFeed, limits: limits)
    case UInt8(ascii: "p"):
      if end == 4, hasPrefix(line, "PING") { return .line(.ping, length: next) }
      if end == 4, hasPrefix(line, "PONG") { return .line(.pong, length: next) }
      throw unknown(line)
    case UInt8(ascii: "+") | 0x20:
      guard end == 3, hasPrefix(line, "+OK") else { throw unknown(line) }
      return .line(.ok, length: next)
    case UInt8(ascii: "-") | 0x20:
      guard hasPrefix(line, "-ERR") else { throw unknown(line) }
      return .line(.error(errorText(line)), length: next)
    case UInt8(ascii: "i"):
      guard end > 5, hasPrefix(line, "INFO"), isSpace(line[4]) else { throw unknown(line) }
      do {
        return .line(.info(try NATSServerInfo(json: Array(line[5...]))), length: next)
      } catch {
        throw violation("the server's INFO is no JSON object: \(error)")
      }
    default:
      throw unknown(line)
    }
  }

  /// `MSG subject sid [reply] length` or `HMSG subject sid [reply] headers-length length`.
  private static func message(
    _ line: UnsafeRawBufferPointer, from start: Int, hasHeaders: Bool, next: Int,
    available: UnsafeRawBufferPointer, searched: Int, limits: Limits
  ) throws(NATSError) -> Step {
    var tokens = (0..<0, 0..<0, 0..<0, 0..<0, 0..<0)
    var found = 0
    var index = start
    while index < line.count {
      if isSpace(line[index]) {
        index += 1
        continue
      }
      let tokenStart = index
      while index < line.count, !isSpace(line[index]) { index += 1 }
      let token = tokenStart..<index
      switch found {
      case 0: tokens.0 = token
      case 1: tokens.1 = token
      case 2: tokens.2 = token
      case 3: tokens.3 = token
      case 4: tokens.4 = token
      default: throw unknown(line)
      }
      found += 1
    }
    let required = hasHeaders ? 4 : 3
    guard found == required || found == required + 1 else { throw unknown(line) }
    let hasReply = found > required
    let reply = hasReply ? tokens.2 : 0..<0
    let headersToken = hasReply ? tokens.3 : tokens.2
    let lengthToken = hasHeaders ? (hasReply ? tokens.4 : tokens.3) : headersToken
    guard let sid = number(line, tokens.1, limit: 1 << 60) else { throw unknown(line) }
    guard let length = number(line, lengthToken, limit: limits.content) else {
      throw violation("a message claims more than \(limits.content) bytes, or a length that is no number")
    }
    let headersLength = hasHeaders ? number(line, headersToken, limit: length) : 0
    guard let headersLength else { throw violation("headers are longer than their message") }
    let total = next + length + 2
    guard available.count >= total else { return .incomplete(searched: searched, needed: total) }
    guard available[next + length] == 0x0d, available[next + length + 1] == 0x0a else {
      throw violation("a message does not end where its length says")
    }
    if hasHeaders {
      let headers = UnsafeRawBufferPointer(rebasing: available[next..<(next + headersLength)])
      guard HeaderCodec.hasVersion(headers) else { throw violation("headers begin with an unknown version") }
    }
    return .message(
      MessageLayout(
        length: total, sid: UInt64(sid), subject: tokens.0, reply: reply, contentStart: next,
        headersLength: headersLength, payloadLength: length - headersLength))
  }

  @inline(__always)
  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }

  @inline(__always)
  private static func hasPrefix(_ line: UnsafeRawBufferPointer, _ prefix: StaticString) -> Bool {
    let count = prefix.utf8CodeUnitCount
    guard line.count >= count else { return false }
    for index in 0..<count {
      var byte = line[index]
      if byte >= 0x61, byte <= 0x7a { byte -= 0x20 }
      if byte != prefix.utf8Start[index] { return false }
    }
    return true
  }

  /// Parses a decimal number of up to 18 digits that does not exceed `limit`.
  @inline(__always)
  private static func number(_ line: UnsafeRawBufferPointer, _ range: Range<Int>, limit: Int) -> Int? {
    guard !range.isEmpty, range.count <= 18 else { return nil }
    var value = 0
    for index in range {
      let digit = line[index] &- 0x30
      guard digit <= 9 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value <= limit ? value : nil
  }

  private static func errorText(_ line: UnsafeRawBufferPointer) -> String {
    var text = line[4...]
    while let first = text.first, isSpace(first) { text.removeFirst() }
    while let last = text.last, isSpace(last) { text.removeLast() }
    if text.count >= 2, text.first == UInt8(ascii: "'"), text.last == UInt8(ascii: "'") {
      text = text.dropFirst().dropLast()
    }
    return String(decoding: text.prefix(4096), as: UTF8.self)
  }

  private static func violation(_ what: String) -> NATSError {
    NATSError(.protocolViolation, "\(what); the connection is closed")
  }

  private static func unknown(_ line: UnsafeRawBufferPointer) -> NATSError {
    let start = String(decoding: line.prefix(32), as: UTF8.self)
    return violation("the server sent no NATS operation: \(start.debugDescription)")
  }
}
