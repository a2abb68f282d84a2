/// The way to the platform, as far as those who send have to know it.
protocol Uplink: Sendable {
  /// The number of the connection that stands, or nil while there is none. No two connections have the same number.
  var connectionID: UInt64? { get }

  /// The most bytes that one message may have.
  var maximumPayload: Int { get }

  /// Waits for a connection that is not `known`.
  ///
  /// - Returns: Its number, or nil when there will be none any more, or the task was cancelled.
  func nextConnection(after known: UInt64?) async -> UInt64?

  /// Sends once, without waiting for anything.
  ///
  /// - Throws: ``UplinkError``.
  func publish(_ message: [UInt8], to subject: String) throws(UplinkError)

  /// Returns when the server has confirmed all that was sent before on `connection`.
  ///
  /// - Throws: ``UplinkError`` `disconnected`.
  func flush(on connectionID: UInt64) async throws(UplinkError)

  /// Sends, and returns when the server has confirmed that it took the message.
  ///
  /// - Parameter connection: Sends on this connection only; nil = on whichever stands.
  /// - Throws: ``UplinkError``. After `disconnected` the message may have arrived or not.
  func publishAndFlush(_ message: [UInt8], to subject: String, on connectionID: UInt64?) async throws(UplinkError)
}

/// Why a message did not go out.
enum UplinkError: Error, Sendable, Equatable {
  /// There is no connection, or not the one that was asked for, or it went before the server confirmed.
  case disconnected
  /// The server does not permit publishing there.
  case notPermitted(subject: String)
  /// Too much waits to be sent, or the server takes too long: it may work on this same connection later.
  case congested
  /// The message can never be sent this way; the reason is in the text.
  case unsendable(String)
}
