import Encoding

/// The request and response that open a tunnel through an HTTP proxy (RFC 9110, section 9.3.6).
package enum HTTPTunnel {
  /// The response of a proxy that did not open the tunnel.
  package enum Failure: Error, Equatable {
    /// The status 407: the proxy requires credentials, or rejected them.
    case notAuthorized
    case refused(status: Int, reason: String)
  }

  /// Returns the `CONNECT` request.
  ///
  /// - Parameters:
  ///   - target: host and port of the server.
  ///   - user: the user for Basic authorization (RFC 7617), if any.
  ///   - password: the password for Basic authorization.
  package static func request(target: String, user: String?, password: String?) -> String {
    var text = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
    if let user {
      text += "Proxy-Authorization: Basic \(Base64.encode(Array("\(user):\(password ?? "")".utf8)))\r\n"
    }
    return text + "\r\n"
  }

  /// Checks the response of the proxy.
  package static func check(_ head: HTTPResponseHead) throws(Failure) {
    switch head.status {
    case 200..<300: return
    case 407: throw .notAuthorized
    default: throw .refused(status: head.status, reason: head.reason)
    }
  }
}
