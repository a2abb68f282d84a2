import Encoding
import NIOCore

/// The request and response that open a tunnel through an HTTP proxy.
enum ProxyTunnel {
  /// Returns the `CONNECT` request for a server. The proxy resolves the name, so the dot of an absolute name is kept.
  static func request(to server: NATSServerAddress, through proxy: NATSProxy) -> String {
    var text = "CONNECT \(server.hostAndPort) HTTP/1.1\r\nHost: \(server.hostAndPort)\r\n"
    if let user = proxy.user {
      text += "Proxy-Authorization: Basic \(Base64.encode("\(user):\(proxy.password ?? "")".utf8))\r\n"
    }
    return text + "\r\n"
  }

  /// Checks the response of the proxy.
  ///
  /// - Throws: ``NATSError/Code/proxyFailed`` if the tunnel was not opened.
  static func check(
    _ head: HTTPResponseHead, server: NATSServerAddress, proxy: NATSProxy
  ) throws(NATSError) {
    switch head.status {
    case 200..<300: return
    case 407:
      let hint = proxy.user == nil ? "it wants a user and a password" : "it refused the user or the password"
      throw NATSError(.proxyFailed, "the proxy \(proxy) did not authorize the connection (407): \(hint)")
    default:
      throw NATSError(
        .proxyFailed,
        "the proxy \(proxy) did not connect to \(server.hostAndPort): \(head.status) \(head.reason)")
    }
  }
}
