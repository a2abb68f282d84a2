/// The kind of a TLS failure, read from the text of the TLS library's error. The text itself, which holds paths of the
/// library's sources, goes no further.
enum TLSFailure: Sendable, Equatable {
  case certificateNotTrusted
  /// The other side does not speak TLS.
  case notTLS
  /// The server refused the client's certificate, with this alert (RFC 8446, section 6.2).
  case clientCertificateRefused(alert: String)
  /// The server knows nothing of the name that was asked for.
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

  /// A few words for an error message.
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

  /// The library's name of the reason: what stands behind `OPENSSL_internal:`.
  private static func code(in text: String) -> String? {
    let marker = "OPENSSL_internal:"
    var rest = text[...]
    while let start = rest.firstIndex(of: "O") {
      rest = rest[start...]
      if rest.hasPrefix(marker) {
        let code = rest.dropFirst(marker.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return code.isEmpty ? nil : String(code.prefix(80))
      }
      rest = rest.dropFirst()
    }
    return nil
  }

  /// `KEY_VALUES_MISMATCH` as `key values mismatch`.
  private static func words(_ code: String) -> String {
    code.lowercased().split(separator: "_").joined(separator: " ")
  }
}
