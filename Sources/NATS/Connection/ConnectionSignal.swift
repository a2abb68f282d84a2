/// A signal of a connection to the task that keeps the client connected.
enum ConnectionSignal: Sendable {
  /// The server is about to shut down (lame duck mode).
  case lameDuck
  /// The connection has ended. Without an error, the client closed it or the server closed it without giving a reason.
  case ended(NATSError?)
}
