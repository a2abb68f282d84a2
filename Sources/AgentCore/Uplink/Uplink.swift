/// The connection to the platform, as publishers see it.
protocol Uplink: Sendable {
  /// The id of the current connection; nil while disconnected. Each connection has its own id.
  var connectionID: UInt64? { get }

  /// The largest message, in bytes.
  var maximumPayload: Int { get }

  /// Waits for a connection other than `known`.
  ///
  /// - Returns: Its id; nil when the uplink is closed, or the task was cancelled.
  func nextConnection(after known: UInt64?) async -> UInt64?

  /// Publishes a message without waiting for the server.
  ///
  /// - Throws: ``UplinkError``.
  func publish(_ message: [UInt8], to subject: String) throws(UplinkError)

  /// Waits until the server has confirmed all messages that were published on a connection.
  ///
  /// - Throws: ``UplinkError`` `disconnected`.
  func flush(on connectionID: UInt64) async throws(UplinkError)

  /// Publishes a message and waits until the server has confirmed it.
  ///
  /// - Parameter connectionID: The only connection to publish on; nil = the current one.
  /// - Throws: ``UplinkError``. After `disconnected` the message may or may not have arrived.
  func publishAndFlush(_ message: [UInt8], to subject: String, on connectionID: UInt64?)
    async throws(UplinkError)
}

/// The reason why a message was not published.
enum UplinkError: Error, Sendable, Equatable {
  /// The requested connection is not open, or was lost before the server confirmed the message.
  case disconnected
  /// The server denies the permission to publish to the subject.
  case notPermitted(subject: String)
  /// The pending buffer is full, or the server did not confirm in time. A retry on the same connection may succeed.
  case congested
  /// The message can never be published; the text states the reason.
  case unsendable(String)
}
