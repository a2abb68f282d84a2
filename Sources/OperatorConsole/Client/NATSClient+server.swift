import NATS

extension NATSClient {
  /// The connected server as `host:port`.
  var connectedServer: String? {
    if case .connected(_, let server, _) = state { server.hostAndPort } else { nil }
  }
}
