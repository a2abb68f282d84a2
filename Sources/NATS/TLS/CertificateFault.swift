import Encoding
import NIOSSL

/// The reason why a server's certificate was rejected, derived from the certificate.
enum CertificateFault: Sendable, Equatable {
  /// The end of the validity and the current time, in Unix seconds.
  case expired(at: Int, now: Int)
  case notYetValid(from: Int, now: Int)
  case expiredAuthority(at: Int)
  case selfSigned
  /// The issuer's name, if it has one.
  case unknownAuthority(issuer: String?)

  /// - Parameters:
  ///   - authorities: the trusted authorities, if they are read from a file.
  ///   - now: the current time in Unix seconds.
  init(of certificate: NIOSSLCertificate, authorities: [NIOSSLCertificate], now: Int) {
    let expiredAuthority = authorities.map { Int($0.notValidAfter) }.filter { $0 < now }.max()
    if certificate.notValidAfter < now {
      self = .expired(at: Int(certificate.notValidAfter), now: now)
    } else if certificate.notValidBefore > now {
      self = .notYetValid(from: Int(certificate.notValidBefore), now: now)
    } else if certificate.issuerName == certificate.subjectName, !certificate.issuerName.isEmpty {
      self = .selfSigned
    } else if let expiredAuthority, expiredAuthority < now, authorities.allSatisfy({ $0.notValidAfter < now })
    {
      self = .expiredAuthority(at: expiredAuthority)
    } else {
      let name = certificate.issuerName.first { $0.type == .commonName } ?? certificate.issuerName.first
      self = .unknownAuthority(issuer: (name?.value).flatMap(Self.printable))
    }
  }

  /// Whether another CA file can resolve the fault.
  var isUnknownAuthority: Bool {
    switch self {
    case .selfSigned, .unknownAuthority: true
    case .expired, .notYetValid, .expiredAuthority: false
    }
  }

  /// Returns the predicate of a sentence whose subject is the certificate.
  ///
  /// - Parameter trust: the name of the trusted authorities.
  func description(trust: String) -> String {
    switch self {
    case .expired(let end, let now):
      return
        "expired on \(Self.date(end)); this machine's clock says \(Self.date(now)): renew the certificate on the "
        + "server, or correct the clock"
    case .notYetValid(let start, let now):
      return
        "is not valid before \(Self.date(start)); this machine's clock says \(Self.date(now)): correct the clock, or "
        + "the certificate"
    case .expiredAuthority(let end):
      return
        "comes from an authority whose own certificate expired on \(Self.date(end)): renew it in \(trust)"
    case .selfSigned:
      return "is self-signed and not in \(trust): name it, or an authority that signs it, as the CA file"
    case .unknownAuthority(let issuer):
      let from = issuer.map { " (its issuer is '\($0)')" } ?? ""
      return
        "does not lead to an authority in \(trust)\(from): name its authority as the CA file, and let the server send "
        + "the certificates in between"
    }
  }

  /// Formats a time as in `2026-11-29 14:05 UTC`.
  private static func date(_ seconds: Int) -> String {
    let time = UTCTime(unixSeconds: seconds)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(time.year)-\(two(time.month))-\(two(time.day)) \(two(time.hour)):\(two(time.minute)) UTC"
  }

  /// Returns the printable ASCII characters of a name that the peer chose, at most 64.
  private static func printable(_ name: String) -> String? {
    let text = String(
      name.unicodeScalars.prefix(64).filter { $0.value >= 0x20 && $0.value < 0x7F && $0 != "'" })
    return text.isEmpty ? nil : text
  }
}
