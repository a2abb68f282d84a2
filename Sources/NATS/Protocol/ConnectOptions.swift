import JSON

/// The options that a client sends in CONNECT.
struct ConnectOptions: Sendable, Equatable {
  /// The client version that servers display.
  static let libraryVersion = "1.0.0"

  var name = ""
  var tlsRequired = false
  var echo = true
  /// Whether the server supports headers. No-responders replies depend on them.
  var headers = false
  var user: String?
  var password: String?
  var token: String?
  var nkey: String?
  var jwt: String?
  /// The signature of the nonce in base64url without padding.
  var signature: String?

  /// Encodes the options as a JSON object.
  func encoded() -> [UInt8] {
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
