import Encoding
import NIOSSL

/// Why a server's certificate was refused, as far as the certificate itself shows it.
enum CertificateFault: Sendable, Equatable {
  /// Unix seconds.
  case expired(at: Int, now: Int)
  case notYetValid(from: Int, now: Int)
  case expiredAuthority(at: Int)
  case selfSigned
  /// The issuer's name, if it has one.
  case unknownAuthority(issuer: String?)

  /// - Parameters:
  ///   - authorities: those that are trusted, where they come from a file.
  ///   - now: unix seconds.
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

  /// Whether another CA file can help.
  var isUnknownAuthority: Bool {
    switch self {
    case .selfSigned, .unknownAuthority: true
    case .expired, .notYetValid, .expiredAuthority: false
    }
  }

  /// The rest of a sentence that begins with the certificate.
  ///
  /// - Parameter trust: the authorities that are trusted.
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

  /// `2026-11-29 14:05 UTC`.
  private static func date(_ seconds: Int) -> String {
    let time = UTCTime(unixSeconds: seconds)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(time.year)-\(two(time.month))-\(two(time.day)) \(two(time.hour)):\(two(time.minute)) UTC"
  }

  /// A name that another machine chose, fit for a log line.
  private static func printable(_ name: String) -> String? {
    let text = String(
      name.unicodeScalars.prefix(64).filter { $0.value >= 0x20 && $0.value < 0x7F && $0 != "'" })
    return text.isEmpty ? nil : text
  }
}
