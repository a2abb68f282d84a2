/// The metadata of a delivered message, encoded in its reply subject:
/// `$JS.ACK.[domain.account.]stream.consumer.delivered.stream sequence.consumer sequence.time.pending[.token]`.
struct MessageMetadata: Hashable {
  var stream: String
  var consumer: String
  var deliveredCount: Int
  var streamSequence: UInt64
  var consumerSequence: UInt64
  /// Unix seconds.
  var time: Double
  var pending: UInt64

  /// Parses a reply subject; nil if it is not that of a delivery.
  init?(_ replyTo: String) {
    let tokens = replyTo.utf8.split(
      separator: UInt8(ascii: "."), maxSplits: 16, omittingEmptySubsequences: false)
    guard tokens.count == 9 || tokens.count == 11 || tokens.count == 12,
      tokens[0].elementsEqual("$JS".utf8), tokens[1].elementsEqual("ACK".utf8)
    else { return nil }
    let at = tokens.count == 9 ? 2 : 4
    guard !tokens[at].isEmpty, !tokens[at + 1].isEmpty, let delivered = UInt64(Substring(tokens[at + 2])),
      let streamSequence = UInt64(Substring(tokens[at + 3])),
      let consumerSequence = UInt64(Substring(tokens[at + 4])),
      let nanoseconds = Int64(Substring(tokens[at + 5])), let pending = UInt64(Substring(tokens[at + 6]))
    else { return nil }
    stream = String(Substring(tokens[at]))
    consumer = String(Substring(tokens[at + 1]))
    deliveredCount = Int(clamping: delivered)
    self.streamSequence = streamSequence
    self.consumerSequence = consumerSequence
    time = Double(nanoseconds) / 1e9
    self.pending = pending
  }
}
