/// What an `-ERR` means for the connection. Servers differ in case, so it is matched without.
enum ServerErrorKind: Sendable, Equatable {
  case permissionsViolation(PermissionsViolation)
  case maxSubscriptions
  /// The credentials were refused.
  case authorization
  /// The credentials ran out or were taken back.
  case authenticationExpired
  /// The server closes the connection and another attempt may help.
  case reconnect(NATSError.Code)
  /// Something that is reported and changes nothing.
  case other

  init(_ text: String) {
    let lower = text.lowercased()
    if lower.hasPrefix("permissions violation") {
      self = .permissionsViolation(PermissionsViolation(text))
    } else if lower.contains("maximum subscriptions exceeded") {
      self = .maxSubscriptions
    } else if lower.contains("authentication expired") || lower.contains("authentication revoked") {
      self = .authenticationExpired
    } else if lower.hasPrefix("authorization violation") || lower.hasPrefix("authentication timeout") {
      self = .authorization
    } else if lower.hasPrefix("stale connection") {
      self = .reconnect(.staleConnection)
    } else if lower.contains("maximum connections exceeded")
      || lower.contains("maximum account active connections")
    {
      self = .reconnect(.maxConnections)
    } else if lower.hasPrefix("maximum payload") {
      self = .reconnect(.payloadTooLarge)
    } else if lower.hasPrefix("slow consumer") {
      self = .reconnect(.slowConsumer)
    } else if lower.contains("tls required") || lower.hasPrefix("secure connection") {
      self = .reconnect(.tlsRequired)
    } else if lower.hasPrefix("unknown protocol") || lower.hasPrefix("parser error") {
      self = .reconnect(.protocolViolation)
    } else {
      self = .other
    }
  }
}
