import NIOCore

/// Encodes the operations that a client sends to a server.
enum ClientOperationEncoder {
  static func connect(_ options: ConnectOptions, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("CONNECT ")
    buffer.writeBytes(options.encoded())
    buffer.writeStaticString("\r\n")
  }

  static func ping(into buffer: inout ByteBuffer) {
    buffer.writeStaticString("PING\r\n")
  }

  static func pong(into buffer: inout ByteBuffer) {
    buffer.writeStaticString("PONG\r\n")
  }

  static func subscribe(sid: UInt64, subject: String, queue: String?, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("SUB ")
    buffer.writeString(subject)
    if let queue {
      buffer.writeStaticString(" ")
      buffer.writeString(queue)
    }
    buffer.writeStaticString(" ")
    buffer.writeString(String(sid))
    buffer.writeStaticString("\r\n")
  }

  /// Encodes UNSUB. With `max`, the subscription ends after that many messages.
  static func unsubscribe(sid: UInt64, max: Int?, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("UNSUB ")
    buffer.writeString(String(sid))
    if let max {
      buffer.writeStaticString(" ")
      buffer.writeString(String(max))
    }
    buffer.writeStaticString("\r\n")
  }

  /// Encodes PUB, or HPUB if there are headers.
  ///
  /// - Returns: the number of bytes written.
  @inline(__always)
  static func publish(
    subject: UnsafeBufferPointer<UInt8>, replyTo: UnsafeBufferPointer<UInt8>?, headers: [UInt8]?,
    payload: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
  ) -> Int {
    let headersLength = headers?.count ?? 0
    let replyLength = replyTo?.count ?? 0
    let content = headersLength + payload.count
    // "HPUB " + two numbers of up to 20 digits + spaces and line ends
    let bound = 64 + subject.count + replyLength + content
    return buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
      guard let start = target.baseAddress else { return 0 }
      var cursor = start
      if headers == nil {
        put(&cursor, 0x2042_5550, count: 4)  // "PUB "
      } else {
        put(&cursor, 0x4255_5048, count: 4)  // "HPUB"
        put(&cursor, 0x20, count: 1)
      }
      put(&cursor, UnsafeRawBufferPointer(subject))
      put(&cursor, 0x20, count: 1)
      if let replyTo {
        put(&cursor, UnsafeRawBufferPointer(replyTo))
        put(&cursor, 0x20, count: 1)
      }
      if let headers {
        putDecimal(&cursor, headers.count)
        put(&cursor, 0x20, count: 1)
        putDecimal(&cursor, content)
        put(&cursor, 0x0a0d, count: 2)
        headers.withUnsafeBytes { put(&cursor, $0) }
      } else {
        putDecimal(&cursor, content)
        put(&cursor, 0x0a0d, count: 2)
      }
      put(&cursor, payload)
      put(&cursor, 0x0a0d, count: 2)
      return start.distance(to: cursor)
    }
  }

  /// Writes up to four bytes, the first in the lowest byte of `word`. Space for four bytes is always available.
  @inline(__always)
  private static func put(_ cursor: inout UnsafeMutableRawPointer, _ word: UInt32, count: Int) {
    cursor.storeBytes(of: word.littleEndian, as: UInt32.self)
    cursor += count
  }

  @inline(__always)
  private static func put(_ cursor: inout UnsafeMutableRawPointer, _ bytes: UnsafeRawBufferPointer) {
    if let base = bytes.baseAddress { cursor.copyMemory(from: base, byteCount: bytes.count) }
    cursor += bytes.count
  }

  @inline(__always)
  private static func putDecimal(_ cursor: inout UnsafeMutableRawPointer, _ number: Int) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      put(&cursor, UInt32(0x30 + number / divisor % 10), count: 1)
      divisor /= 10
    }
  }
}
