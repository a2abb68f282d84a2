import Encoding
import NIOCore

/// The HTTP upgrade of a connection to a WebSocket (RFC 6455, section 4). Offers permessage-deflate (RFC 7692) without context
/// takeover, the only form that nats-server accepts.
struct WebSocketUpgrade {
  static let deflateOffer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

  private static let acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  let server: NATSServerAddress
  let offersCompression: Bool
  private let key: String

  init(server: NATSServerAddress, offersCompression: Bool) {
    var generator = SystemRandomNumberGenerator()
    self.init(
      server: server, offersCompression: offersCompression,
      key: Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }))
  }

  init(server: NATSServerAddress, offersCompression: Bool, key: String) {
    self.server = server
    self.offersCompression = offersCompression
    self.key = key
  }

  var request: String {
    "GET \(server.path) HTTP/1.1\r\nHost: \(server.httpHost)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n"
      + (offersCompression ? "Sec-WebSocket-Extensions: \(Self.deflateOffer)\r\n" : "") + "\r\n"
  }

  var expectedAccept: String {
    Base64.encode(SHA1.hash(Array((key + Self.acceptSuffix).utf8)))
  }

  /// Checks the response of the server.
  ///
  /// - Returns: whether compression was negotiated.
  func check(_ head: HTTPResponseHead) throws(NATSError) -> Bool {
    guard head.status == 101 else {
      throw failed("the server answered \(head.status) \(head.reason); check host, port and path")
    }
    guard head.has(token: "websocket", in: "Upgrade"), head.has(token: "upgrade", in: "Connection") else {
      throw failed("the answer does not upgrade to a WebSocket")
    }
    guard head.values("Sec-WebSocket-Accept") == [expectedAccept] else {
      throw failed("the answer belongs to another request (Sec-WebSocket-Accept)")
    }
    guard head.values("Sec-WebSocket-Protocol").isEmpty else {
      throw failed("the server chose a subprotocol that was not offered")
    }
    let extensions = head.values("Sec-WebSocket-Extensions").flatMap { $0.split(separator: ",") }
    if extensions.isEmpty { return false }
    let parameters = extensions[0].split(separator: ";", omittingEmptySubsequences: false).map {
      URLParts.trim(String($0)).lowercased()
    }
    guard offersCompression, extensions.count == 1, parameters.count == 3,
      parameters[0] == "permessage-deflate",
      Set(parameters[1...]) == ["server_no_context_takeover", "client_no_context_takeover"]
    else { throw failed("the server chose an extension that was not offered") }
    return true
  }

  func failed(_ reason: String) -> NATSError {
    NATSError(.webSocketFailed, "the WebSocket upgrade at \(server) failed: \(reason)")
  }
}
