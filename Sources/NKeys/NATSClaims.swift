/// The claims of a NATS JWT: the registered ones (RFC 7519, section 4.1) and those of NATS under `nats`.
public struct NATSClaims<Body: Codable & Sendable>: Codable, Sendable {
  /// The id of the JWT, set when it is signed.
  public internal(set) var jti = ""
  /// The time of issue, in seconds since 1970.
  public var iat: Int64
  /// The public key of the issuer, set when it is signed.
  public internal(set) var iss = ""
  /// The name of the subject.
  public var name: String?
  /// The public key of the subject.
  public var sub: String
  /// The audience.
  public var aud: String?
  /// The time of expiry, in seconds since 1970.
  public var exp: Int64?
  /// The start of the validity, in seconds since 1970.
  public var nbf: Int64?
  /// The claims of NATS, whose form depends on their `type`.
  public var nats: Body

  /// Creates unsigned claims.
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

  /// Whether the JWT is valid at a time, in seconds since 1970. Does not include a check of the signature.
  public func isValid(at time: Int64) -> Bool {
    (exp.map { time < $0 } ?? true) && (nbf.map { time >= $0 } ?? true)
  }
}
