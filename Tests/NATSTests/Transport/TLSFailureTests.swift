import Testing

@testable import NATS

@Suite struct TLSFailureTests {
  private static func library(_ reason: String) -> String {
    "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:"
      + "\(reason) at /build/x/.build/checkouts/swift-nio-ssl/Sources/CNIOBoringSSL/ssl/handshake.cc:420]))"
  }

  @Test(arguments: [
    ("CERTIFICATE_VERIFY_FAILED", TLSFailure.certificateNotTrusted), ("WRONG_VERSION_NUMBER", .notTLS),
    ("HTTP_REQUEST", .notTLS), ("TLSV1_ALERT_UNRECOGNIZED_NAME", .nameRefused),
    ("SSLV3_ALERT_CERTIFICATE_REVOKED", .clientCertificateRefused(alert: "certificate_revoked")),
    ("TLSV1_ALERT_UNKNOWN_CA", .clientCertificateRefused(alert: "unknown_ca")),
    ("NO_SHARED_CIPHER", .other(reason: "no shared cipher")),
  ])
  func onlyTheReasonIsRepeated(reason: String, failure: TLSFailure) {
    #expect(TLSFailure(Self.library(reason)) == failure)
    #expect(!TLSFailure(Self.library(reason)).reason.contains("/"))
  }

  @Test(arguments: ["at /build/x.cc:1", "two\nlines", String(repeating: "x", count: 500)])
  func unknownTextIsNotRepeated(text: String) {
    #expect(TLSFailure(text) == .other(reason: "an error in the TLS library"))
  }
}
