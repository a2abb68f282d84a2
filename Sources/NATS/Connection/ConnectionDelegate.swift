import DequeModule
import Encoding
import NIOCore

/// The client of a connection. All methods are called on the connection's event loop.
protocol ConnectionDelegate: AnyObject, Sendable {
  /// Delivers messages of one subscription in order. Removes them from `frames`.
  func connection(_ connection: ConnectionHandler, received frames: inout Deque<MessageFrame>, sid: UInt64)
  /// Notifies that all messages of one read have been delivered.
  func connectionReadCompleted(_ connection: ConnectionHandler)
  /// Returns the bytes that wait to be written, if this connection is in use.
  func connectionTakesOutbound(_ connection: ConnectionHandler) -> OutboundBatch?
  /// Notifies that the last batch has been written.
  ///
  /// - Returns: whether more bytes wait.
  func connection(_ connection: ConnectionHandler, wrote batch: consuming ByteBuffer) -> Bool
  /// Resumes the waiters of these confirmations.
  func connection(_ connection: ConnectionHandler, settles confirmations: [Confirmation], error: NATSError?)
  func connection(_ connection: ConnectionHandler, received info: NATSServerInfo, lameDuck: Bool)
  func connection(_ connection: ConnectionHandler, reports kind: ServerErrorKind, text: String)
  /// Notifies that the channel is closed.
  func connectionEnded(_ connection: ConnectionHandler, error: NATSError?)
}

/// Bytes to write, and the confirmations that wait for the PONG of the PING to send after them.
struct OutboundBatch: Sendable {
  var bytes: ByteBuffer
  var confirmations: [Confirmation]
}

/// A publish or flush that waits for a PONG.
struct Confirmation: Sendable {
  /// The ID of the waiter in the ``WaiterTable``.
  var waiter: UInt64
  /// The subject of the publish; nil for a flush.
  var subject: String?
  /// The reply subject of the publish.
  var replyTo: String?

  /// Whether a permissions violation refers to this publish.
  func isRefused(by violation: PermissionsViolation) -> Bool {
    guard let refused = violation.subject else { return false }
    switch violation.action {
    case .publish: return subject?.hasSameBytes(as: refused) ?? false
    case .publishWithReply: return replyTo?.hasSameBytes(as: refused) ?? false
    case .subscription, .unknown: return false
    }
  }
}
