/// The rules of permessage-deflate without context takeover (RFC 7692). The compression itself is left to zlib.
package enum MessageDeflate {
  /// The length in bytes below which messages are not compressed.
  package static let minimumLength = 64
  /// The maximum length of a message before compression, in bytes. Longer messages do not compress better.
  package static let maximumLength = 64 * 1024
  /// The maximum length of a piece of inflated output in bytes.
  package static let maximumPieceLength = 32 * 1024
  /// The empty block at the end of a flush, which the sender removes and the receiver appends (section 7.2.1).
  package static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

  /// Returns the maximum length of a message before compression for a server, in bytes.
  ///
  /// A server inflates a message as a whole and closes the connection if it exceeds `max_payload` (observed with nats-server
  /// 2.14).
  ///
  /// - Parameter maximumPayload: `max_payload`, or nil before INFO.
  package static func limit(maximumPayload: Int?) -> Int {
    max(1, min(maximumPayload ?? 1024, maximumLength))
  }

  /// Returns the space for the compressed form of a message in bytes. A result that does not fit would not be shorter.
  package static func capacity(for length: Int) -> Int { length + tail.count }

  /// Returns the length of a compressed message without its tail, or nil if it would not be shorter than the original.
  package static func length(compressed: Int, original: Int) -> Int? {
    compressed > tail.count && compressed - tail.count < original ? compressed - tail.count : nil
  }

  /// Returns the space for the next piece of inflated output, in bytes.
  package static func pieceLength(input: Int) -> Int {
    min(maximumPieceLength, max(512, input &* 4))
  }

  /// Limits the size of an inflated message.
  package struct InflateBudget: Sendable {
    /// The maximum size of a message in bytes.
    package let maximumLength: Int
    private var produced = 0

    package init(maximumLength: Int) {
      self.maximumLength = maximumLength
    }

    /// Counts inflated bytes.
    ///
    /// - Returns: false if the message exceeds the limit.
    package mutating func add(_ count: Int) -> Bool {
      produced &+= count
      return produced <= maximumLength
    }

    /// Starts the next message.
    package mutating func reset() {
      produced = 0
    }
  }
}
