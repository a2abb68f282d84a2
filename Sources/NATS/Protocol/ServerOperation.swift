/// What a server says to a client.
enum ServerOperation: Sendable {
  case info(NATSServerInfo)
  case message(MessageFrame)
  case ping
  case pong
  case ok
  /// `-ERR`, without the quotes.
  case error(String)
}
