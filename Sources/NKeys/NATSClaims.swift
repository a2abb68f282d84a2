/// The content of a NATS JWT: the registered claims (RFC 7519, section 4.1) and what NATS adds under `nats`.
public struct NATSClaims<Body: Codable & Sendable>: Codable, Sendable {
  /// An id of this JWT; made when it is signed.
  public internal(set) var jti = ""
  /// When it was issued, in seconds since 1970.
  public var iat: Int64
  /// The public key of who issued it; set when it is signed.
  public internal(set) var iss = ""
  /// What the subject is called.
  public var name: String?
  /// The public key of whom it is about.
  public var sub: String
  /// For whom it is meant.
  public var aud: String?
  /// When it ends to be valid, in seconds since 1970.
  public var exp: Int64?
  /// When it starts to be valid, in seconds since 1970.
  public var nbf: Int64?
  /// What NATS adds, in the form that its `type` asks for.
  public var nats: Body

  /// Makes claims that are still to be signed.
  public init(
    sub: String, name: String? = nil, aud: String? = nil, iat: Int64, exp: Int64? = nil, nbf: Int64? = nil,
    nats: Body
  ) {
    self.sub = sub
    self.name = name
    self.aud = aud
    self.iat = iat
    self.exp = exp
    self.nbf = nbf
    self.nats = nats
  }

  /// Whether the JWT is valid at a time, in seconds since 1970; to be asked separately from the signature.
  public func isValid(at time: Int64) -> Bool {
    (exp.map { time < $0 } ?? true) && (nbf.map { time >= $0 } ?? true)
  }
}
