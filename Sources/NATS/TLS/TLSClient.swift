import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// TLS to one server: the context, created from the current contents of the files, and the names to verify.
struct TLSClient: Sendable {
  let server: NATSServerAddress
  /// The host names and IP addresses of which the certificate has to contain one.
  let names: [String]
  /// The name of the trusted authorities, for error messages.
  let trust: String
  /// A hint about the setting of the CA file, for error messages; empty if that is not known.
  private let authorityHint: String
  /// The certificates of the CA file; empty if those of the system are trusted.
  private let authorities: [NIOSSLCertificate]
  /// Whether ``verifyNames(of:)`` verifies the names: if there are several, or IP addresses. NIOSSL verifies one host name only,
  /// and IP addresses against the peer of the socket, which may be a proxy; RFC 6125 requires the requested address.
  private let checksNamesItself: Bool
  private let context: NIOSSLContext

  /// Reads the files and creates the context. Blocks.
  init(_ configuration: NATSTLSConfiguration, server: NATSServerAddress) throws(NATSError) {
    self.server = server
    if let name = configuration.serverName {
      names = [NATSServerAddress.bareName(name)]
    } else {
      // Names in certificates and SNI have no trailing dot (RFC 6066, section 3).
      let own = (server.certificateNames.isEmpty ? [server.host] : server.certificateNames)
        .map(NATSServerAddress.bareName)
      names = own + configuration.serverNames.map(NATSServerAddress.bareName).filter { !own.contains($0) }
    }
    trust = configuration.caFile ?? "the system's trust store"
    authorityHint =
      configuration.caFileSetting.map { "; \($0) names the certificates of a private authority" } ?? ""
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.minimumTLSVersion = .tlsv12
    if let file = configuration.caFile {
      authorities = try Self.certificates(in: file, what: "CA file")
      settings.trustRoots = .certificates(authorities)
    } else {
      authorities = []
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
    checksNamesItself = names.count != 1 || names.contains { IPAddress.isLiteral($0) }
    if checksNamesItself {
      // BoringSSL still verifies the chain, before `verifyNames` is called.
      settings.certificateVerification = .noHostnameVerification
    }
    do {
      context = try NIOSSLContext(configuration: settings)
    } catch {
      let files = [configuration.certificateFile, configuration.keyFile, configuration.caFile]
        .compactMap { $0 }.joined(separator: ", ")
      let hint = files.isEmpty ? "" : " with \(files); does the key belong to the certificate?"
      throw NATSError(.tlsFailed, "TLS cannot be set up\(hint): \(TLSFailure("\(error)").reason)")
    }
  }

  /// Creates a client on a thread that may block.
  static func load(
    _ configuration: NATSTLSConfiguration, server: NATSServerAddress, on eventLoop: any EventLoop
  ) -> EventLoopFuture<TLSClient> {
    NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
      try TLSClient(configuration, server: server)
    }
  }

  /// Adds TLS to the network end of the pipeline and starts the handshake. Called on the event loop.
  ///
  /// - Returns: a future that completes with the handshake, or fails with a `NATSError`.
  func start(on channel: any Channel) throws -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let handler: NIOSSLClientHandler
    let hostName = names.first { !IPAddress.isLiteral($0) }
    if checksNamesItself {
      handler = try NIOSSLClientHandler._makeSSLClientHandler(
        context: context, serverHostname: hostName
      ) { [self] certificate, channel in
        channel.eventLoop.makeCompletedFuture { try verifyNames(of: certificate) }
      }
    } else {
      handler = try NIOSSLClientHandler(context: context, serverHostname: hostName)
    }
    // In reverse order, because the handshake begins as soon as the TLS handler is in the pipeline.
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(TLSOutcomeHandler(client: self, promise: promise), position: .first)
    try pipeline.addHandler(handler, position: .first)
    return promise.futureResult
  }

  /// Whether TLS is in the pipeline. Called on the event loop. A failed handshake closes the channel, so after the handshake the
  /// whole stream is encrypted.
  static func isEncrypting(_ channel: any Channel) -> Bool {
    do {
      _ = try channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
      return true
    } catch {
      return false
    }
  }

  /// Verifies the names in the leaf certificate of a verified chain, before the handshake completes.
  private func verifyNames(of certificate: NIOSSLCertificate) throws(NATSError) {
    for alternative in certificate._subjectAlternativeNames() {
      let isAccepted =
        switch alternative.nameType {
        case .ipAddress:
          names.contains { IPAddress.bytes($0)?.elementsEqual(alternative.contents) ?? false }
        case .dnsName: names.contains { CertificateName.matches(Array(alternative.contents), host: $0) }
        default: false
        }
      if isAccepted { return }
    }
    throw nameMismatch
  }

  /// Converts an error of the TLS library.
  ///
  /// - Parameter certificate: the certificate of the server, if it is known.
  func error(_ error: any Error, certificate: NIOSSLCertificate? = nil) -> NATSError {
    if let error = error as? NATSError { return error }
    if let error = error as? IOError {
      let reason = String(cString: strerror(error.errnoCode))
      return NATSError(
        .tlsFailed, "the connection to \(server) was lost during the TLS handshake: \(reason)")
    }
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname { return nameMismatch }
    if case .handshakeFailed(.sslError([.eofDuringHandshake]))? = error as? NIOSSLError { return closedEarly }
    let failure = TLSFailure("\(error)")
    switch failure {
    case .certificateNotTrusted:
      let fault =
        certificate.map { CertificateFault(of: $0, authorities: authorities, now: time(nil)) }
        ?? .unknownAuthority(issuer: nil)
      return NATSError(
        .tlsFailed,
        "certificate verify failed: the certificate of \(server) "
          + fault.description(trust: trust) + (fault.isUnknownAuthority ? authorityHint : ""))
    case .notTLS: return NATSError(.tlsFailed, "\(server) does not answer with TLS")
    case .clientCertificateRefused(let alert):
      return NATSError(.tlsFailed, "\(server) did not accept this client's certificate (TLS alert \(alert))")
    case .nameRefused:
      return NATSError(
        .tlsFailed,
        "\(server) has no certificate for the name '\(names.first ?? "")' (TLS alert unrecognized_name)")
    case .other(let reason): return NATSError(.tlsFailed, "TLS with \(server) failed: \(reason)")
    }
  }

  var closedEarly: NATSError {
    NATSError(.tlsFailed, "\(server) closed the connection during the TLS handshake")
  }

  private var nameMismatch: NATSError {
    let shown = names.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
    let more = names.count > 4 ? " and \(names.count - 4) more" : ""
    let hint =
      server.certificateNames.isEmpty
      ? "" : "; a discovered server needs a certificate for a configured host, or one of tls.server_names"
    return NATSError(
      .tlsFailed,
      "certificate verify failed: the certificate of \(server) is not for \(shown)\(more)\(hint)")
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
