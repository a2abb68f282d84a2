import NKeys
import XKeys

/// A request of a server that was opened and found genuine.
struct CalloutRequest: Sendable {
  /// Why a request is not worth an answer.
  struct Invalid: Error, CustomStringConvertible {
    var description: String
  }

  let claims: AuthorizationRequest
  /// Encrypts the answer, where the request came encrypted.
  let sharedKey: XSharedKey?
  /// For how long the server waits for the answer: its `authorization.timeout`, in whole seconds.
  let serverTimeout: Duration?

  /// Verifies a decrypted request.
  ///
  /// The server signs with the key that is its id. Nobody but servers and this platform can publish to the subject: this
  /// guards against a configuration in which somebody can.
  ///
  /// - Parameter now: in unix seconds.
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
    serverTimeout = claims.exp.flatMap { $0 > claims.iat ? .seconds(min($0 - claims.iat, 60)) : nil }
    self.sharedKey = sharedKey
  }

  static func check(
    _ claims: NATSClaims<AuthorizationRequest>, now: Double, tolerance: Duration
  ) throws(Invalid) {
    let body = claims.nats
    guard claims.aud == AuthorizationRequest.audience, body.type == "authorization_request" else {
      throw Invalid(description: "it is a JWT for something else")
    }
    guard claims.iss == body.server.id, Self.isKey(claims.iss, of: .server) else {
      throw Invalid(description: "it is not signed by the server that it names")
    }
    guard Self.isKey(body.userKey, of: .user) else {
      throw Invalid(description: "it names no user key")
    }
    let skew = Double(tolerance.components.seconds)
    guard Double(claims.iat) - skew <= now, now <= Double(claims.exp ?? claims.iat) + skew else {
      throw Invalid(
        description:
          "it is of another time: the clocks of server and platform differ by more than \(tolerance)"
      )
    }
  }

  private static func isKey(_ text: String, of kind: NKeyKind) -> Bool {
    do {
      return try NKeyPublicKey(text).kind == kind
    } catch {
      // What is no key is no key of that kind.
      return false
    }
  }
}
