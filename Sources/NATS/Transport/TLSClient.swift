import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// TLS towards one server: the context, made from files as they are now, and the name to check.
struct TLSClient: Sendable {
  let server: NATSServerAddress
  /// The host name or IP address that the certificate has to carry.
  let name: String
  /// The authorities that are trusted, for error messages.
  let trust: String
  private let context: NIOSSLContext

  /// Reads the files and makes the context; blocks.
  init(_ configuration: NATSTLSConfiguration, server: NATSServerAddress) throws(NATSError) {
    self.server = server
    name = configuration.serverName ?? server.certificateName ?? server.host
    trust = configuration.caFile ?? "the system's trust store"
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.minimumTLSVersion = .tlsv12
    if let file = configuration.caFile {
      settings.trustRoots = .certificates(try Self.certificates(in: file, what: "CA file"))
    }
    switch (configuration.certificateFile, configuration.keyFile) {
    case (let certificateFile?, let keyFile?):
      settings.certificateChain = try Self.certificates(in: certificateFile, what: "certificate file").map {
        .certificate($0)
      }
      settings.privateKey = .privateKey(try Self.key(in: keyFile))
    case (nil, nil): break
    default: throw NATSError(.tlsFailed, "a client certificate needs both a certificate file and a key file")
    }
    if IPAddress.isLiteral(name) {
      // Names in URLs that are IP addresses are checked by `verifyAddress`.
      settings.certificateVerification = .noHostnameVerification
    }
    do {
      context = try NIOSSLContext(configuration: settings)
    } catch {
      let files = [configuration.certificateFile, configuration.keyFile, configuration.caFile]
        .compactMap { $0 }.joined(separator: ", ")
      let hint = files.isEmpty ? "" : " with \(files); does the key belong to the certificate?"
      throw NATSError(.tlsFailed, "TLS cannot be set up\(hint): \(error)")
    }
  }

  /// Reads the files on a thread that may block.
  static func load(
    _ configuration: NATSTLSConfiguration, server: NATSServerAddress, on eventLoop: any EventLoop
  ) -> EventLoopFuture<TLSClient> {
    NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
      try TLSClient(configuration, server: server)
    }
  }

  /// Adds TLS to the end of the pipeline that faces the network and starts the handshake; on the event loop.
  ///
  /// - Returns: done with the handshake, or failed with a `NATSError`.
  func start(on channel: any Channel) throws -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let handler: NIOSSLClientHandler
    if let address = IPAddress.bytes(name) {
      handler = try NIOSSLClientHandler._makeSSLClientHandler(
        context: context, serverHostname: nil
      ) { [self] certificate, channel in
        channel.eventLoop.makeCompletedFuture { try verifyAddress(address, certificate) }
      }
    } else {
      handler = try NIOSSLClientHandler(context: context, serverHostname: name)
    }
    // Last first: the handshake begins as soon as the TLS handler is in the pipeline.
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(TLSOutcomeHandler(client: self, promise: promise), position: .first)
    try pipeline.addHandler(handler, position: .first)
    return promise.futureResult
  }

  /// NIOSSL checks IP addresses against the peer of the socket, which behind a proxy is the proxy. RFC 6125
  /// wants the address that was asked for.
  private func verifyAddress(_ address: [UInt8], _ certificate: NIOSSLCertificate) throws(NATSError) {
    for alternative in certificate._subjectAlternativeNames() where alternative.nameType == .ipAddress {
      if alternative.contents.elementsEqual(address) { return }
    }
    throw nameMismatch
  }

  /// What a TLS failure means.
  func error(_ error: any Error) -> NATSError {
    if let error = error as? NATSError { return error }
    if let error = error as? IOError {
      let reason = String(cString: strerror(error.errnoCode))
      return NATSError(
        .tlsFailed, "the connection to \(server) broke off during the TLS handshake: \(reason)")
    }
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname { return nameMismatch }
    if case .handshakeFailed(.sslError([.eofDuringHandshake]))? = error as? NIOSSLError { return closedEarly }
    let text = "\(error)"
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      let reason = "does not lead to an authority in \(trust), or is not valid now"
      return NATSError(.tlsFailed, "certificate verify failed: the certificate of \(server) \(reason)")
    }
    if text.contains("WRONG_VERSION_NUMBER") {
      return NATSError(.tlsFailed, "\(server) does not answer with TLS")
    }
    for alert in ["CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_EXPIRED"]
    where text.contains(alert) {
      return NATSError(
        .tlsFailed, "\(server) did not accept this client's certificate (TLS alert \(alert.lowercased()))")
    }
    return NATSError(.tlsFailed, "TLS with \(server) failed: \(text)")
  }

  var closedEarly: NATSError {
    NATSError(.tlsFailed, "\(server) closed the connection during the TLS handshake")
  }

  private var nameMismatch: NATSError {
    NATSError(.tlsFailed, "certificate verify failed: the certificate of \(server) is not for '\(name)'")
  }

  private static func certificates(in file: String, what: String) throws(NATSError) -> [NIOSSLCertificate] {
    try checkReadable(file, what: what)
    var certificates: [NIOSSLCertificate] = []
    do {
      certificates = try NIOSSLCertificate.fromPEMFile(file)
    } catch {
      throw NATSError(.tlsFailed, "the \(what) \(file) holds no PEM certificates")
    }
    guard !certificates.isEmpty else {
      throw NATSError(.tlsFailed, "the \(what) \(file) holds no PEM certificates")
    }
    return certificates
  }

  private static func key(in file: String) throws(NATSError) -> NIOSSLPrivateKey {
    try checkReadable(file, what: "key file")
    do {
      return try NIOSSLPrivateKey(file: file, format: .pem)
    } catch {
      throw NATSError(.tlsFailed, "the key file \(file) holds no PEM private key without a passphrase")
    }
  }

  private static func checkReadable(_ file: String, what: String) throws(NATSError) {
    guard access(file, R_OK) == 0 else {
      throw NATSError(.tlsFailed, "cannot read the \(what) \(file): \(String(cString: strerror(errno)))")
    }
  }
}
