/// What whoever keeps a client connected has to act on.
enum ConnectionSignal: Sendable {
  /// The server is going to shut down.
  case lameDuck
  /// The connection is over; nil if the client wanted it so, or the server closed it without a word.
  case ended(NATSError?)
}
