import Glibc
import NATSTesting

/// Certificates made by `openssl` for one run of the tests.
struct TransportCertificates: Sendable {
  let folder: String

  static let shared: Result<TransportCertificates, any Error> = Result {
    let certificates = try TransportCertificates()
    atexit { TransportCertificates.remove() }
    return certificates
  }

  private static func remove() {
    if case .success(let certificates) = shared { FileTree.remove(certificates.folder) }
  }

  var ca: String { file("ca.pem") }
  var otherCA: String { file("other.pem") }
  /// For `localhost` and 127.0.0.1.
  var server: (certificate: String, key: String) { (file("server.pem"), file("server.key")) }
  /// For another host and no address.
  var stranger: (certificate: String, key: String) { (file("stranger.pem"), file("stranger.key")) }
  var client: (certificate: String, key: String) { (file("client.pem"), file("client.key")) }

  private init() throws {
    folder = try FileTree.makeTemporary()
    for name in ["ca", "other"] {
      try make(name, "/CN=Test \(name)", [])
    }
    let signed = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-addext", "basicConstraints=CA:FALSE"]
    try make("server", "/CN=localhost", signed + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
    try make("stranger", "/CN=elsewhere", signed + ["-addext", "subjectAltName=DNS:elsewhere.example"])
    try make("client", "/CN=client", signed + ["-addext", "extendedKeyUsage=clientAuth"])
  }

  private func make(_ name: String, _ subject: String, _ options: [String]) throws {
    try TransportPrograms.run(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", subject, "-keyout", file("\(name).key"), "-out", file("\(name).pem"),
      ] + options)
  }

  private func file(_ name: String) -> String { "\(folder)/\(name)" }
}
