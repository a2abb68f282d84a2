/// An incremental parser of server operations.
///
/// The caller owns the receive buffer. The parser finds the operation at its start and returns the ranges of its parts, so that
/// no byte is copied. After an error the connection has to be closed, because the parser cannot find the next operation.
package struct ServerOperationParser: Sendable {
  /// Limits of the memory that a server can make the client use.
  package struct Limits: Sendable {
    /// The maximum length of a control line in bytes. The longest one is the INFO of a large cluster.
    package var controlLine: Int
    /// The maximum size of headers and payload of a message in bytes. The maximum of nats-server is 64 MiB.
    package var content: Int

    package init(controlLine: Int = 1 << 20, content: Int = 64 << 20) {
      self.controlLine = controlLine
      self.content = content
    }
  }

  /// The operation at the start of the receive buffer. Ranges are offsets from the start of the buffer.
  package enum Operation: Sendable, Equatable {
    case message(MessageLayout)
    case ping(length: Int)
    case pong(length: Int)
    case ok(length: Int)
    /// `-ERR`, with the range of its text without quotes.
    case error(text: Range<Int>, length: Int)
    /// INFO, with the range of its JSON.
    case info(json: Range<Int>, length: Int)

    /// The number of bytes to consume.
    package var length: Int {
      switch self {
      case .message(let layout): layout.length
      case .ping(let length), .pong(let length), .ok(let length): length
      case .error(_, let length), .info(_, let length): length
      }
    }
  }

  /// The number of bytes that are known to contain no line end.
  private var searched = 0
  /// The length of the first operation, once its control line has been parsed.
  private var needed = 0
  private let limits: Limits

  package init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Parses the operation at the start of the receive buffer.
  ///
  /// The caller removes the ``Operation/length`` of a returned operation from the buffer before the next call. Without an
  /// operation it only appends.
  ///
  /// - Returns: nil if more bytes are needed.
  /// - Throws: ``NATSError/Code/protocolViolation`` on bytes that violate the protocol.
  package mutating func next(in bytes: UnsafeRawBufferPointer) throws(NATSError) -> Operation? {
    let count = bytes.count
    guard let base = bytes.baseAddress, count > 0, count >= needed else { return nil }
    guard let lineFeed = Self.lineFeed(base, from: searched, to: count) else {
      guard count <= limits.controlLine else { throw tooLongLine }
      searched = count
      return nil
    }
    guard lineFeed <= limits.controlLine else { throw tooLongLine }
    let next = lineFeed &+ 1
    let end = lineFeed > 0 && bytes[lineFeed &- 1] == 0x0d ? lineFeed &- 1 : lineFeed
    let line = UnsafeRawBufferPointer(start: base, count: end)
    switch end > 0 ? bytes[0] | 0x20 : 0 {
    case UInt8(ascii: "m"):
      guard end > 4, Self.hasPrefix(line, "MSG"), Self.isSpace(line[3]) else { throw Self.unknown(line) }
      return try message(line, from: 4, hasHeaders: false, next: next, available: bytes, lineFeed: lineFeed)
    case UInt8(ascii: "h"):
      guard end > 5, Self.hasPrefix(line, "HMSG"), Self.isSpace(line[4]) else { throw Self.unknown(line) }
      return try message(line, from: 5, hasHeaders: true, next: next, available: bytes, lineFeed: lineFeed)
    default:
      let operation = try Self.controlOperation(line, length: next)
      searched = 0
      needed = 0
      return operation
    }
  }

  private static func controlOperation(
    _ line: UnsafeRawBufferPointer, length: Int
  ) throws(NATSError) -> Operation {
    switch line.isEmpty ? 0 : line[0] | 0x20 {
    case UInt8(ascii: "p"):
      if line.count == 4, hasPrefix(line, "PING") { return .ping(length: length) }
      if line.count == 4, hasPrefix(line, "PONG") { return .pong(length: length) }
    case UInt8(ascii: "+") | 0x20:
      if line.count == 3, hasPrefix(line, "+OK") { return .ok(length: length) }
    case UInt8(ascii: "-") | 0x20:
      if hasPrefix(line, "-ERR") { return .error(text: errorText(line), length: length) }
    case UInt8(ascii: "i"):
      if line.count > 5, hasPrefix(line, "INFO"), isSpace(line[4]) {
        return .info(json: 5..<line.count, length: length)
      }
    default: break
    }
    throw unknown(line)
  }

  /// Parses `MSG subject sid [reply] length` or `HMSG subject sid [reply] headers-length length`.
  private mutating func message(
    _ line: UnsafeRawBufferPointer, from start: Int, hasHeaders: Bool, next: Int,
    available: UnsafeRawBufferPointer, lineFeed: Int
  ) throws(NATSError) -> Operation? {
    var tokens = (0..<0, 0..<0, 0..<0, 0..<0, 0..<0)
    var found = 0
    var index = start
    while index < line.count {
      if Self.isSpace(line[index]) {
        index &+= 1
        continue
      }
      let tokenStart = index
      while index < line.count, !Self.isSpace(line[index]) { index &+= 1 }
      let token = tokenStart..<index
      switch found {
      case 0: tokens.0 = token
      case 1: tokens.1 = token
      case 2: tokens.2 = token
      case 3: tokens.3 = token
      case 4: tokens.4 = token
      default: throw Self.unknown(line)
      }
      found &+= 1
    }
    let required = hasHeaders ? 4 : 3
    guard found == required || found == required + 1 else { throw Self.unknown(line) }
    let hasReply = found > required
    let reply = hasReply ? tokens.2 : 0..<0
    let headersToken = hasReply ? tokens.3 : tokens.2
    let lengthToken = hasHeaders ? (hasReply ? tokens.4 : tokens.3) : headersToken
    guard let sid = Self.number(line, tokens.1, limit: 1 << 60) else { throw Self.unknown(line) }
    guard let length = Self.number(line, lengthToken, limit: limits.content) else {
      throw Self.violation(
        "the length of a message exceeds \(limits.content) bytes or is not a number")
    }
    let headersLength = hasHeaders ? Self.number(line, headersToken, limit: length) : 0
    guard let headersLength else { throw Self.violation("headers are longer than their message") }
    let total = next + length + 2
    guard available.count >= total else {
      searched = lineFeed
      needed = total
      return nil
    }
    guard available[next + length] == 0x0d, available[next + length + 1] == 0x0a else {
      throw Self.violation("a message does not end where its length says")
    }
    if hasHeaders {
      let headers = UnsafeRawBufferPointer(rebasing: available[next..<(next + headersLength)])
      guard HeaderCodec.hasVersion(headers) else {
        throw Self.violation("headers begin with an unknown version")
      }
    }
    searched = 0
    needed = 0
    return .message(
      MessageLayout(
        sid: UInt64(sid), subject: tokens.0, reply: reply, contentStart: next, headersLength: headersLength,
        payloadLength: length - headersLength))
  }

  /// Returns the offset of the first line feed, searched in words of eight bytes.
  @inline(__always)
  private static func lineFeed(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highBits: UInt64 = 0x8080_8080_8080_8080
    var index = start
    while end &- index >= 8 {
      let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let difference = word ^ (ones &* 0x0a)
      // The lowest set bit belongs to the first byte of the word that is zero in `difference`.
      let zeros = (difference &- ones) & ~difference & highBits
      if zeros != 0 { return index &+ zeros.trailingZeroBitCount / 8 }
      index &+= 8
    }
    while index < end {
      if base.load(fromByteOffset: index, as: UInt8.self) == 0x0a { return index }
      index &+= 1
    }
    return nil
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

  /// Returns the range of the text of `-ERR` without blanks and quotes around it, at most 4 KiB.
  private static func errorText(_ line: UnsafeRawBufferPointer) -> Range<Int> {
    var start = 4
    var end = line.count
    while start < end, isSpace(line[start]) { start += 1 }
    while start < end, isSpace(line[end - 1]) { end -= 1 }
    if end - start >= 2, line[start] == UInt8(ascii: "'"), line[end - 1] == UInt8(ascii: "'") {
      start += 1
      end -= 1
    }
    return start..<min(end, start + 4096)
  }

  private var tooLongLine: NATSError {
    Self.violation("a control line is longer than \(limits.controlLine) bytes")
  }

  private static func violation(_ reason: String) -> NATSError {
    NATSError(.protocolViolation, "\(reason); the connection is closed")
  }

  private static func unknown(_ line: UnsafeRawBufferPointer) -> NATSError {
    let start = String(decoding: line.prefix(32), as: UTF8.self)
    return violation("the server sent no NATS operation: \(start.quoted)")
  }
}

/// The parts of a MSG or HMSG, as offsets from its first byte.
package struct MessageLayout: Sendable, Equatable {
  /// The subscription ID.
  package var sid: UInt64
  package var subjectStart: UInt32
  package var subjectLength: UInt32
  package var replyStart: UInt32
  package var replyLength: UInt32
  package var headersStart: UInt32
  package var headersLength: UInt32
  package var payloadLength: UInt32

  package init(
    sid: UInt64, subject: Range<Int>, reply: Range<Int>, contentStart: Int, headersLength: Int,
    payloadLength: Int
  ) {
    self.sid = sid
    subjectStart = UInt32(truncatingIfNeeded: subject.lowerBound)
    subjectLength = UInt32(truncatingIfNeeded: subject.count)
    replyStart = UInt32(truncatingIfNeeded: reply.lowerBound)
    replyLength = UInt32(truncatingIfNeeded: reply.count)
    headersStart = UInt32(truncatingIfNeeded: contentStart)
    self.headersLength = UInt32(truncatingIfNeeded: headersLength)
    self.payloadLength = UInt32(truncatingIfNeeded: payloadLength)
  }

  /// The length of headers and payload, which counts against limits.
  package var contentLength: Int { Int(headersLength) &+ Int(payloadLength) }

  /// The length of the whole operation.
  package var length: Int { Int(headersStart) &+ contentLength &+ 2 }

  package var subject: Range<Int> { range(subjectStart, subjectLength) }
  package var reply: Range<Int> { range(replyStart, replyLength) }
  package var headers: Range<Int> { range(headersStart, headersLength) }
  package var payload: Range<Int> { range(headersStart &+ headersLength, payloadLength) }

  private func range(_ start: UInt32, _ length: UInt32) -> Range<Int> {
    Int(start)..<(Int(start) &+ Int(length))
  }
}
