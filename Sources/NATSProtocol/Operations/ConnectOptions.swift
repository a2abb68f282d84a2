import Encoding
import JSON

/// The options that a client sends in CONNECT.
package struct ConnectOptions: Sendable, Equatable {
  /// The client version that servers display.
  package static let libraryVersion = "1.0.0"

  package var name = ""
  package var tlsRequired = false
  package var echo = true
  /// Whether the server supports headers. No-responders replies depend on them.
  package var headers = false
  package var user: String?
  package var password: String?
  package var token: String?
  package var nkey: String?
  package var jwt: String?
  /// The signature of the nonce in base64url without padding.
  package var signature: String?

  package init() {}

  /// The authentication of a client, after it has signed the nonce of the server.
  package enum Authentication: Sendable {
    /// The credentials of the server's URL, if it contains any.
    case url
    case userPassword(String, String)
    case token(String)
    case nkey(publicKey: String, signature: [UInt8])
    case jwt(String, signature: [UInt8]?)
  }

  /// Creates the options for a server.
  package init(
    name: String, echo: Bool, isEncrypted: Bool, server: NATSServerAddress, info: HandshakeInfo,
    authentication: Authentication
  ) {
    self.name = name
    self.echo = echo
    tlsRequired = isEncrypted
    headers = info.headers
    switch authentication {
    case .url:
      if let password = server.password {
        user = server.user
        self.password = password
      } else {
        token = server.token
      }
    case .userPassword(let user, let password):
      self.user = user
      self.password = password
    case .token(let token): self.token = token
    case .nkey(let publicKey, let signature):
      nkey = publicKey
      self.signature = Base64.encode(signature, .url)
    case .jwt(let jwt, let signature):
      self.jwt = jwt
      self.signature = signature.map { Base64.encode($0, .url) }
    }
  }

  /// Encodes the options as a JSON object.
  package func encoded() -> [UInt8] {
    var object: JSONObject = [
      "verbose": false, "pedantic": false, "tls_required": .bool(tlsRequired), "name": .string(name),
      "lang": "swift", "version": .string(Self.libraryVersion), "protocol": 1, "echo": .bool(echo),
      "headers": .bool(headers), "no_responders": .bool(headers),
    ]
    for (key, value) in [
      ("user", user), ("pass", password), ("auth_token", token), ("nkey", nkey), ("jwt", jwt),
      ("sig", signature),
    ] {
      object.append(key, ifPresent: value.map(JSONValue.string))
    }
    return JSONWriter.encode(.object(object))
  }
}
