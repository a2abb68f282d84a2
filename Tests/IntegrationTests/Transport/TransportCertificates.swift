import Glibc
import NATSTesting

/// Certificates created by `openssl` for one test run.
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
  /// A certificate for `localhost` and 127.0.0.1.
  var server: (certificate: String, key: String) { (file("server.pem"), file("server.key")) }
  /// A certificate for another host.
  var stranger: (certificate: String, key: String) { (file("stranger.pem"), file("stranger.key")) }
  var client: (certificate: String, key: String) { (file("client.pem"), file("client.key")) }

  /// Faults of certificates for `localhost`.
  enum Fault: String, Sendable {
    /// Expired in 2001.
    case expired
    /// Not valid before 2090.
    case future
    /// Signed by itself instead of ``ca``.
    case selfSigned
  }

  func faulty(_ fault: Fault) -> (certificate: String, key: String) {
    (file("\(fault.rawValue).pem"), file("\(fault.rawValue).key"))
  }

  private init() throws {
    folder = try FileTree.makeTemporary()
    for name in ["ca", "other"] {
      try make(name, "/CN=Test \(name)", [])
    }
    let signed = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-addext", "basicConstraints=CA:FALSE"]
    try make("server", "/CN=localhost", signed + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
    try make("stranger", "/CN=elsewhere", signed + ["-addext", "subjectAltName=DNS:elsewhere.example"])
    try issue("expired", from: "20000101000000Z", to: "20010101000000Z")
    try issue("future", from: "20900101000000Z", to: "20910101000000Z")
    try make("selfSigned", "/CN=localhost", ["-addext", "subjectAltName=DNS:localhost"])
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

  /// Signs a certificate for `localhost` with the given validity.
  private func issue(_ name: String, from start: String, to end: String) throws {
    try FileTree.write(
      """
      [ca]
      default_ca = test
      [test]
      new_certs_dir = \(folder)
      database = \(file("index.txt"))
      rand_serial = yes
      unique_subject = no
      default_md = sha256
      policy = any
      copy_extensions = copy
      [any]
      commonName = supplied
      """, to: file("ca.conf"))
    try FileTree.write("", to: file("index.txt"))
    try TransportPrograms.run(
      "openssl",
      [
        "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
        "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-keyout", file("\(name).key"), "-out",
        file("\(name).csr"),
      ])
    try TransportPrograms.run(
      "openssl",
      [
        "ca", "-batch", "-notext", "-config", file("ca.conf"), "-cert", file("ca.pem"), "-keyfile",
        file("ca.key"),
        "-startdate", start, "-enddate", end, "-in", file("\(name).csr"), "-out", file("\(name).pem"),
      ])
  }

  private func file(_ name: String) -> String { "\(folder)/\(name)" }
}
