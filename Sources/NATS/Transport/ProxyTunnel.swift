import WebSocketProtocol

/// The request and response that open a tunnel through an HTTP proxy.
enum ProxyTunnel {
  /// Returns the `CONNECT` request for a server. The proxy resolves the name, so the dot of an absolute name is kept.
  static func request(to server: NATSServerAddress, through proxy: NATSProxy) -> String {
    HTTPTunnel.request(target: server.hostAndPort, user: proxy.user, password: proxy.password)
  }

  /// Checks the response of the proxy.
  ///
  /// - Throws: ``NATSError/Code/proxyFailed`` if the tunnel was not opened.
  static func check(
    _ head: HTTPResponseHead, server: NATSServerAddress, proxy: NATSProxy
  ) throws(NATSError) {
    do throws(HTTPTunnel.Failure) {
      try HTTPTunnel.check(head)
    } catch {
      switch error {
      case .notAuthorized:
        let hint =
          proxy.user == nil ? "it requires a user and a password" : "it rejected the user or the password"
        throw NATSError(
          .proxyFailed, "the proxy \(proxy) did not authorize the connection (407): \(hint)")
      case .refused(let status, let reason):
        throw NATSError(
          .proxyFailed, "the proxy \(proxy) did not connect to \(server.hostAndPort): \(status) \(reason)")
      }
    }
  }
}

extension WebSocketUpgrade {
  /// Creates the upgrade for a server, with a random key.
  init(server: NATSServerAddress, offersCompression: Bool) {
    var generator = SystemRandomNumberGenerator()
    self.init(
      host: server.httpHost, path: server.path, offersCompression: offersCompression,
      key: (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  /// Checks the response of a server.
  ///
  /// - Returns: whether compression was negotiated.
  /// - Throws: ``NATSError/Code/webSocketFailed`` if the connection was not upgraded.
  func check(_ head: HTTPResponseHead, server: NATSServerAddress) throws(NATSError) -> Bool {
    do throws(Failure) {
      return try check(head)
    } catch {
      throw NATSError(
        .webSocketFailed, "the WebSocket upgrade at \(server) failed: \(error.reason)")
    }
  }
}
