/// Encodes the operations that a client sends to a server.
package enum ClientOperationEncoder {
  package static func connect(_ options: ConnectOptions, into bytes: inout [UInt8]) {
    append("CONNECT ", to: &bytes)
    bytes.append(contentsOf: options.encoded())
    append("\r\n", to: &bytes)
  }

  package static func ping(into bytes: inout [UInt8]) {
    append("PING\r\n", to: &bytes)
  }

  package static func pong(into bytes: inout [UInt8]) {
    append("PONG\r\n", to: &bytes)
  }

  package static func subscribe(sid: UInt64, subject: String, queue: String?, into bytes: inout [UInt8]) {
    append("SUB ", to: &bytes)
    bytes.append(contentsOf: subject.utf8)
    if let queue {
      append(" ", to: &bytes)
      bytes.append(contentsOf: queue.utf8)
    }
    append(" ", to: &bytes)
    bytes.append(contentsOf: String(sid).utf8)
    append("\r\n", to: &bytes)
  }

  /// Encodes UNSUB. With `max`, the subscription ends after that many messages.
  package static func unsubscribe(sid: UInt64, max: Int?, into bytes: inout [UInt8]) {
    append("UNSUB ", to: &bytes)
    bytes.append(contentsOf: String(sid).utf8)
    if let max {
      append(" ", to: &bytes)
      bytes.append(contentsOf: String(max).utf8)
    }
    append("\r\n", to: &bytes)
  }

  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  // MARK: Publishing

  /// Returns an upper bound of the number of bytes that a publish needs, including headers and payload.
  @inlinable
  @inline(__always)
  package static func publishCapacity(subject: Int, replyTo: Int, headers: Int, payload: Int) -> Int {
    // "HPUB " + two numbers of up to 20 digits + spaces and line ends
    64 &+ subject &+ replyTo &+ headers &+ payload
  }

  /// Encodes PUB, or HPUB if there are headers.
  ///
  /// - Parameter start: memory for at least ``publishCapacity(subject:replyTo:headers:payload:)`` bytes.
  /// - Returns: the number of bytes written.
  @inlinable
  @inline(__always)
  package static func publish(
    subject: UnsafeBufferPointer<UInt8>, replyTo: UnsafeBufferPointer<UInt8>?, headers: [UInt8]?,
    payload: UnsafeRawBufferPointer, to start: UnsafeMutableRawPointer
  ) -> Int {
    let content = (headers?.count ?? 0) &+ payload.count
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

  /// Writes up to four bytes, the first in the lowest byte of `word`. Space for four bytes is always available.
  @inlinable
  @inline(__always)
  static func put(_ cursor: inout UnsafeMutableRawPointer, _ word: UInt32, count: Int) {
    cursor.storeBytes(of: word.littleEndian, as: UInt32.self)
    cursor += count
  }

  @inlinable
  @inline(__always)
  static func put(_ cursor: inout UnsafeMutableRawPointer, _ bytes: UnsafeRawBufferPointer) {
    if let base = bytes.baseAddress { cursor.copyMemory(from: base, byteCount: bytes.count) }
    cursor += bytes.count
  }

  @inlinable
  @inline(__always)
  static func putDecimal(_ cursor: inout UnsafeMutableRawPointer, _ number: Int) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      put(&cursor, UInt32(truncatingIfNeeded: 0x30 + number / divisor % 10), count: 1)
      divisor /= 10
    }
  }
}
