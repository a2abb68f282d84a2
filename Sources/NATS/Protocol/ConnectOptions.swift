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
    var json = JSONWriter()
    json.write("verbose", false)
    json.write("pedantic", false)
    json.write("tls_required", tlsRequired)
    json.write("name", name)
    json.write("lang", "swift")
    json.write("version", Self.libraryVersion)
    json.write("protocol", 1)
    json.write("echo", echo)
    json.write("headers", headers)
    json.write("no_responders", headers)
    if let user { json.write("user", user) }
    if let password { json.write("pass", password) }
    if let token { json.write("auth_token", token) }
    if let nkey { json.write("nkey", nkey) }
    if let jwt { json.write("jwt", jwt) }
    if let signature { json.write("sig", signature) }
    return json.finished()
  }
}
