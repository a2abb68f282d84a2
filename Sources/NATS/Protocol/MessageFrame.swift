import NIOCore

/// The received bytes of one message, with the offsets of its parts.
///
/// Strings are created on access only: most messages are routed by subscription ID and need none.
struct MessageFrame: Sendable {
  /// The control line, headers and payload.
  var bytes: ByteBuffer
  var sid: UInt64
  /// Offsets are relative to the reader index of ``bytes``.
  var subjectStart: UInt32
  var subjectLength: UInt32
  var replyStart: UInt32
  var replyLength: UInt32
  var headersStart: UInt32
  var headersLength: UInt32
  var payloadLength: UInt32

  /// The length of headers and payload, which counts against limits.
  var contentLength: Int { Int(headersLength) + Int(payloadLength) }

  var subject: String { string(subjectStart, subjectLength) }

  var replyTo: String? { replyLength == 0 ? nil : string(replyStart, replyLength) }

  var payload: ByteBuffer {
    let start = bytes.readerIndex + Int(headersStart) + Int(headersLength)
    return bytes.getSlice(at: start, length: Int(payloadLength)) ?? ByteBuffer()
  }

  var headers: NATSHeaders? {
    guard headersLength > 0 else { return nil }
    return bytes.withUnsafeReadableBytes {
      HeaderCodec.decode(
        UnsafeRawBufferPointer(rebasing: $0[Int(headersStart)...].prefix(Int(headersLength))))
    }
  }

  var status: NATSStatus? {
    guard headersLength > 0 else { return nil }
    return bytes.withUnsafeReadableBytes {
      HeaderCodec.status(
        of: UnsafeRawBufferPointer(rebasing: $0[Int(headersStart)...].prefix(Int(headersLength))))
    }
  }

  /// Calls `body` with the bytes of the subject.
  func withSubject<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    bytes.withUnsafeReadableBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[Int(subjectStart)...].prefix(Int(subjectLength))))
    }
  }

  private func string(_ start: UInt32, _ length: UInt32) -> String {
    bytes.getString(at: bytes.readerIndex + Int(start), length: Int(length)) ?? ""
  }

  /// Creates the frame of a message that was not received from a server.
  init(subject: String, replyTo: String?, headers: NATSHeaders?, payload: ByteBuffer) {
    var bytes = ByteBuffer()
    subjectStart = 0
    subjectLength = UInt32(clamping: bytes.writeString(subject))
    replyStart = UInt32(clamping: bytes.writerIndex)
    replyLength = UInt32(clamping: replyTo.map { bytes.writeString($0) } ?? 0)
    headersStart = UInt32(clamping: bytes.writerIndex)
    headersLength = UInt32(clamping: headers.map { bytes.writeBytes(HeaderCodec.encode($0)) } ?? 0)
    payloadLength = UInt32(clamping: payload.readableBytes)
    bytes.writeImmutableBuffer(payload)
    self.bytes = bytes
    sid = 0
  }

  init(
    bytes: ByteBuffer, sid: UInt64, subject: Range<Int>, reply: Range<Int>, contentStart: Int,
    headersLength: Int, payloadLength: Int
  ) {
    self.bytes = bytes
    self.sid = sid
    subjectStart = UInt32(truncatingIfNeeded: subject.lowerBound)
    subjectLength = UInt32(truncatingIfNeeded: subject.count)
    replyStart = UInt32(truncatingIfNeeded: reply.lowerBound)
    replyLength = UInt32(truncatingIfNeeded: reply.count)
    headersStart = UInt32(truncatingIfNeeded: contentStart)
    self.headersLength = UInt32(truncatingIfNeeded: headersLength)
    self.payloadLength = UInt32(truncatingIfNeeded: payloadLength)
  }
}
