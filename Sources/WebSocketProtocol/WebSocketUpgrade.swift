import Encoding

/// The HTTP upgrade of a connection to a WebSocket (RFC 6455, section 4). Offers permessage-deflate (RFC 7692) without context
/// takeover, the only form that nats-server accepts.
package struct WebSocketUpgrade: Sendable {
  /// The reason why the upgrade failed.
  package struct Failure: Error, Equatable {
    package let reason: String
  }

  package static let deflateOffer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

  private static let acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  private let host: String
  private let path: String
  private let offersCompression: Bool
  private let key: String

  /// - Parameters:
  ///   - host: the value of the `Host` header.
  ///   - path: the path and query.
  ///   - key: 16 random bytes.
  package init(host: String, path: String, offersCompression: Bool, key: [UInt8]) {
    self.host = host
    self.path = path
    self.offersCompression = offersCompression
    self.key = Base64.encode(key)
  }

  package var request: String {
    "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n"
      + (offersCompression ? "Sec-WebSocket-Extensions: \(Self.deflateOffer)\r\n" : "") + "\r\n"
  }

  private var expectedAccept: String {
    Base64.encode(SHA1.hash(Array((key + Self.acceptSuffix).utf8)))
  }

  /// Checks the response of the server.
  ///
  /// - Returns: whether compression was negotiated.
  package func check(_ head: HTTPResponseHead) throws(Failure) -> Bool {
    guard head.status == 101 else {
      throw Failure(
        reason: "the server answered \(head.status) \(head.reason); check host, port and path")
    }
    guard head.has(token: "websocket", in: "Upgrade"), head.has(token: "upgrade", in: "Connection") else {
      throw Failure(reason: "the response does not upgrade to a WebSocket")
    }
    let accept = head.values("Sec-WebSocket-Accept")
    guard accept.count == 1, accept[0].hasSameBytes(as: expectedAccept) else {
      throw Failure(reason: "the response belongs to another request (Sec-WebSocket-Accept)")
    }
    guard head.values("Sec-WebSocket-Protocol").isEmpty else {
      throw Failure(reason: "the server chose a subprotocol that was not offered")
    }
    let extensions = head.values("Sec-WebSocket-Extensions").flatMap {
      HTTPResponseHead.items(of: $0, separator: UInt8(ascii: ",")).filter { !$0.isEmpty }
    }
    if extensions.isEmpty { return false }
    let parameters = HTTPResponseHead.items(of: extensions[0], separator: UInt8(ascii: ";"))
    guard offersCompression, extensions.count == 1, parameters.count == 3,
      parameters[0].hasSameBytes(as: "permessage-deflate"),
      parameters[1...].containsExactly("server_no_context_takeover"),
      parameters[1...].containsExactly("client_no_context_takeover")
    else { throw Failure(reason: "the server chose an extension that was not offered") }
    return true
  }
}
