import NATSProtocol
import NIOCore

/// The received bytes of one message, with the offsets of its parts.
///
/// Strings are created on access only: most messages are routed by subscription ID and need none.
struct MessageFrame: Sendable {
  /// The control line, headers and payload.
  var bytes: ByteBuffer
  /// Offsets are relative to the reader index of ``bytes``.
  var layout: MessageLayout

  /// The length of headers and payload, which counts against limits.
  var contentLength: Int { layout.contentLength }

  var subject: String { string(layout.subject) }

  var replyTo: String? { layout.replyLength == 0 ? nil : string(layout.reply) }

  var payload: ByteBuffer {
    let range = layout.payload
    return bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
  }

  var headers: NATSHeaders? {
    layout.headersLength == 0 ? nil : withBytes(layout.headers) { HeaderCodec.decode($0) }
  }

  var status: NATSStatus? {
    layout.headersLength == 0 ? nil : withBytes(layout.headers) { HeaderCodec.status(of: $0) }
  }

  /// Calls `body` with the bytes of the subject.
  func withSubject<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    withBytes(layout.subject, body)
  }

  private func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    bytes.withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private func string(_ range: Range<Int>) -> String {
    bytes.getString(at: bytes.readerIndex + range.lowerBound, length: range.count) ?? ""
  }

  init(bytes: ByteBuffer, layout: MessageLayout) {
    self.bytes = bytes
    self.layout = layout
  }

  /// Creates the frame of a message that was not received from a server.
  init(subject: String, replyTo: String?, headers: NATSHeaders?, payload: ByteBuffer) {
    var bytes = ByteBuffer()
    let subjectLength = bytes.writeString(subject)
    let replyLength = replyTo.map { bytes.writeString($0) } ?? 0
    let contentStart = bytes.writerIndex
    let headersLength = headers.map { bytes.writeBytes(HeaderCodec.encode($0)) } ?? 0
    bytes.writeImmutableBuffer(payload)
    self.bytes = bytes
    layout = MessageLayout(
      sid: 0, subject: 0..<subjectLength, reply: subjectLength..<(subjectLength + replyLength),
      contentStart: contentStart, headersLength: headersLength, payloadLength: payload.readableBytes)
  }
}
