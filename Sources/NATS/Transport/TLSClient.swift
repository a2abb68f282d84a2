import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// TLS towards one server: the context, made from files as they are now, and the name to check.
struct TLSClient: Sendable {
  let server: NATSServerAddress
  /// The host names and IP addresses of which the certificate has to carry one; the first is the one asked for.
  let names: [String]
  /// The authorities that are trusted, for error messages.
  let trust: String
  /// Where the authority of a server can be configured, for error messages; empty where that is not known.
  private let authorityHint: String
  /// The certificates of the CA file; empty where the system's are trusted.
  private let authorities: [NIOSSLCertificate]
  /// NIOSSL checks one host name, and IP addresses against the peer of the socket, which behind a proxy is the proxy
  /// (RFC 6125 wants the address that was asked for). Several names, and addresses, are checked by ``verifyNames(of:)``.
  private let checksNamesItself: Bool
  private let context: NIOSSLContext

  /// Reads the files and makes the context; blocks.
  init(_ configuration: NATSTLSConfiguration, server: NATSServerAddress) throws(NATSError) {
    self.server = server
    if let name = configuration.serverName {
      names = [NATSServerAddress.bareName(name)]
    } else {
      // Certificates and SNI have names without the dot that ends an absolute one (RFC 6066, section 3).
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
      // The chain is still verified by BoringSSL; `verifyNames` follows it.
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
    // Sent as SNI.
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
    // Last first: the handshake begins as soon as the TLS handler is in the pipeline.
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(TLSOutcomeHandler(client: self, promise: promise), position: .first)
    try pipeline.addHandler(handler, position: .first)
    return promise.futureResult
  }

  /// Whether TLS is in the pipeline; on the event loop. A handshake that failed closes the channel, so from the end of
  /// the handshake on, everything that this channel carries is encrypted.
  static func isEncrypting(_ channel: any Channel) -> Bool {
    do {
      _ = try channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
      return true
    } catch {
      return false
    }
  }

  /// Checks the leaf certificate of a chain that is verified already, before the handshake counts as completed.
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

  /// What a TLS failure means.
  ///
  /// - Parameter certificate: the certificate that the server showed, where it is known.
  func error(_ error: any Error, certificate: NIOSSLCertificate? = nil) -> NATSError {
    if let error = error as? NATSError { return error }
    if let error = error as? IOError {
      let reason = String(cString: strerror(error.errnoCode))
      return NATSError(
        .tlsFailed, "the connection to \(server) broke off during the TLS handshake: \(reason)")
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
