import Encoding

/// The kind of a TLS failure, derived from the error text of the TLS library. The text contains source paths of the library, so
/// it is not repeated.
enum TLSFailure: Sendable, Equatable {
  case certificateNotTrusted
  /// The peer does not use TLS.
  case notTLS
  /// The server rejected the client's certificate with an alert (RFC 8446, section 6.2).
  case clientCertificateRefused(alert: String)
  /// The server has no certificate for the requested name.
  case nameRefused
  case other(reason: String)

  init(_ text: String) {
    let code = Self.code(in: text)
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      self = .certificateNotTrusted
    } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
      self = .notTLS
    } else if text.contains("UNRECOGNIZED_NAME") {
      self = .nameRefused
    } else if let alert = Self.certificateAlerts.first(where: { text.contains($0) }) {
      self = .clientCertificateRefused(alert: alert.lowercased())
    } else if let code {
      self = .other(reason: Self.words(code))
    } else if text.contains("/") || text.contains("\n") || text.utf8.count > 120 {
      self = .other(reason: "an error in the TLS library")
    } else {
      self = .other(reason: text)
    }
  }

  /// A short description for error messages.
  var reason: String {
    switch self {
    case .certificateNotTrusted: "the certificate is not trusted"
    case .notTLS: "no TLS"
    case .clientCertificateRefused(let alert): "TLS alert \(alert)"
    case .nameRefused: "TLS alert unrecognized_name"
    case .other(let reason): reason
    }
  }

  private static let certificateAlerts = [
    "CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REVOKED",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_UNKNOWN", "UNKNOWN_CA",
  ]

  /// The reason code of the library, after `OPENSSL_internal:`.
  private static func code(in text: String) -> String? {
    let marker = "OPENSSL_internal:"
    var rest = text[...]
    while let start = rest.firstIndex(of: "O") {
      rest = rest[start...]
      if rest.hasPrefix(marker) {
        let code = rest.dropFirst(marker.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return code.isEmpty ? nil : code.prefix(bytes: 80)
      }
      rest = rest.dropFirst()
    }
    return nil
  }

  /// Formats `KEY_VALUES_MISMATCH` as `key values mismatch`.
  private static func words(_ code: String) -> String {
    code.lowercased().split(separator: "_").joined(separator: " ")
  }
}
