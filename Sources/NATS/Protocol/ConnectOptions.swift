import JSON

/// The JSON of CONNECT: what a client tells of itself.
struct ConnectOptions: Sendable, Equatable {
  /// The version that servers show for connections of this library.
  static let libraryVersion = "1.0.0"

  var name = ""
  var tlsRequired = false
  var echo = true
  /// What the server's INFO says of headers; replies without responders need them.
  var headers = false
  var user: String?
  var password: String?
  var token: String?
  var nkey: String?
  var jwt: String?
  /// base64url without padding.
  var signature: String?

  /// The bytes of the JSON object.
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
