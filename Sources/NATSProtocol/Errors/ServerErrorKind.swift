/// The effect of an `-ERR` on the connection. Texts are matched without regard to case, because servers differ in it.
package enum ServerErrorKind: Sendable, Equatable {
  case permissionsViolation(PermissionsViolation)
  case maxSubscriptions
  /// The credentials were refused.
  case authorization
  /// The credentials have expired or were revoked.
  case authenticationExpired
  /// The server closes the connection, and the client reconnects.
  case reconnect(NATSError.Code)
  /// An error that is reported and does not affect the connection.
  case other

  package init(_ text: String) {
    let lower = ASCIIText(lowercasing: text)
    if lower.starts(with: "permissions violation") {
      self = .permissionsViolation(PermissionsViolation(text))
    } else if lower.contains("maximum subscriptions exceeded") {
      self = .maxSubscriptions
    } else if lower.contains("authentication expired") || lower.contains("authentication revoked") {
      self = .authenticationExpired
    } else if lower.starts(with: "authorization violation") || lower.starts(with: "authentication timeout") {
      self = .authorization
    } else if lower.starts(with: "stale connection") {
      self = .reconnect(.staleConnection)
    } else if lower.contains("maximum connections exceeded")
      || lower.contains("maximum account active connections")
    {
      self = .reconnect(.maxConnections)
    } else if lower.starts(with: "maximum payload") {
      self = .reconnect(.payloadTooLarge)
    } else if lower.starts(with: "slow consumer") {
      self = .reconnect(.slowConsumer)
    } else if lower.contains("tls required") || lower.starts(with: "secure connection") {
      self = .reconnect(.tlsRequired)
    } else if lower.starts(with: "unknown protocol") || lower.starts(with: "parser error") {
      self = .reconnect(.protocolViolation)
    } else {
      self = .other
    }
  }
}
