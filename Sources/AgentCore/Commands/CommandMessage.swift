/// A message from the command subject, as it came.
struct CommandMessage: Sendable {
  /// The message.
  let bytes: [UInt8]
  /// The connection that it came over.
  let connectionID: UInt64

  /// A message.
  init(bytes: [UInt8], connectionID: UInt64) {
    self.bytes = bytes
    self.connectionID = connectionID
  }
}
