import NATS

extension NATSClient {
  /// The server it is connected to, as `host:port`.
  var connectedServer: String? {
    if case .connected(_, let server, _) = state { server.hostAndPort } else { nil }
  }
}
