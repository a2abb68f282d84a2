/// An operation that a server sends to a client.
enum ServerOperation: Sendable {
  case info(NATSServerInfo)
  case message(MessageFrame)
  case ping
  case pong
  case ok
  /// `-ERR`, with its text without quotes.
  case error(String)
}
