import Encoding
import NKeys
import XKeys

/// A verified authorization request.
struct CalloutRequest: Sendable {
  /// The reason for which a request is not answered.
  struct Invalid: Error, CustomStringConvertible {
    var description: String
  }

  let claims: AuthorizationRequest
  /// Encrypts the response; nil when the request was not encrypted.
  let sharedKey: XSharedKey?
  /// The time that the server waits for the response: its `authorization.timeout`, in whole seconds.
  let serverTimeout: Duration?

  /// Verifies a decrypted request.
  ///
  /// A server signs with the key that is its id. Only servers and this platform can publish to the subject; the check guards against
  /// a configuration that allows others to.
  ///
  /// - Parameter now: The current time, in unix seconds.
  init(
    token: [UInt8], sharedKey: XSharedKey?, now: Double, tolerance: Duration
  ) throws(Invalid) {
    guard let text = String(validating: token, as: UTF8.self) else {
      throw Invalid(description: "it is neither a JWT nor encrypted with the key of this platform")
    }
    let claims: NATSClaims<AuthorizationRequest>
    do {
      claims = try NATSToken.verify(text, as: AuthorizationRequest.self)
    } catch {
      throw Invalid(description: error.message)
    }
    try Self.check(claims, now: now, tolerance: tolerance)
    self.claims = claims.nats
    serverTimeout = Self.serverTimeout(issuedAt: claims.iat, expiresAt: claims.exp)
    self.sharedKey = sharedKey
  }

  /// The time for which the server waits for the answer, at most a minute.
  static func serverTimeout(issuedAt: Int64, expiresAt: Int64?) -> Duration? {
    guard let expiresAt, expiresAt > issuedAt else { return nil }
    let (seconds, isTooLong) = expiresAt.subtractingReportingOverflow(issuedAt)
    return .seconds(isTooLong ? 60 : min(seconds, 60))
  }

  static func check(
    _ claims: NATSClaims<AuthorizationRequest>, now: Double, tolerance: Duration
  ) throws(Invalid) {
    let body = claims.nats
    guard claims.aud == AuthorizationRequest.audience, body.type == "authorization_request" else {
      throw Invalid(description: "it is a JWT for something else")
    }
    guard claims.iss.hasSameBytes(as: body.server.id), Self.isKey(claims.iss, of: .server) else {
      throw Invalid(description: "it is not signed by the server that it names")
    }
    guard Self.isKey(body.userKey, of: .user) else {
      throw Invalid(description: "it has no valid user key")
    }
    let skew = Double(tolerance.components.seconds)
    guard Double(claims.iat) - skew <= now, now <= Double(claims.exp ?? claims.iat) + skew else {
      throw Invalid(
        description:
          "it is outside its validity: the clocks of server and platform differ by more than \(tolerance)"
      )
    }
  }

  private static func isKey(_ text: String, of kind: NKeyKind) -> Bool {
    do {
      return try NKeyPublicKey(text).kind == kind
    } catch {
      // An invalid key has no kind.
      return false
    }
  }
}
