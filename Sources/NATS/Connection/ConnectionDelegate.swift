import DequeModule
import NIOCore

/// What a connection tells, and asks, the client it belongs to. Always called on the connection's event loop.
protocol ConnectionDelegate: AnyObject, Sendable {
  /// Messages for one subscription, in order. Takes them out of `frames`.
  func connection(_ connection: ConnectionHandler, received frames: inout Deque<MessageFrame>, sid: UInt64)
  /// All messages of one read were handed over.
  func connectionReadCompleted(_ connection: ConnectionHandler)
  /// What is waiting to be written, if this connection is the one to write it.
  func connectionTakesOutbound(_ connection: ConnectionHandler) -> OutboundBatch?
  /// The last batch is written.
  ///
  /// - Returns: whether more is waiting.
  func connection(_ connection: ConnectionHandler, wrote batch: consuming ByteBuffer) -> Bool
  /// The waiters of these confirmations are to be resumed.
  func connection(_ connection: ConnectionHandler, settles confirmations: [Confirmation], error: NATSError?)
  func connection(_ connection: ConnectionHandler, received info: NATSServerInfo, lameDuck: Bool)
  func connection(_ connection: ConnectionHandler, reports kind: ServerErrorKind, text: String)
  /// The channel is closed.
  func connectionEnded(_ connection: ConnectionHandler, error: NATSError?)
}

/// Bytes to write, and who waits for the PONG of the PING that has to follow them.
struct OutboundBatch: Sendable {
  var bytes: ByteBuffer
  var confirmations: [Confirmation]
}
