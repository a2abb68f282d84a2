/// Whether and why a connection to one server has to be encrypted.
///
/// ``check(isEncrypted:server:)`` is called immediately before CONNECT is written, with the actual state of the stream.
struct EncryptionPolicy: Sendable, Equatable {
  enum Reason: Sendable, Equatable {
    /// The scheme of the URL is `tls` or `wss`.
    case url
    /// The TLS settings: a mode other than `ifRequired`, an authority, or a client certificate.
    case settings
    /// An earlier connection to the server, or to the server that announced it, was encrypted.
    case earlierConnection
  }

  /// The reason why encryption is required; nil if the server decides.
  let reason: Reason?

  /// - Parameter hasUsedTLS: whether this server, or the server that announced it, has used TLS before.
  init(server: NATSServerAddress, tls: NATSTLSConfiguration, hasUsedTLS: Bool) {
    reason =
      if server.requiresTLS {
        .url
      } else if tls.isRequired {
        .settings
      } else if hasUsedTLS {
        .earlierConnection
      } else {
        nil
      }
  }

  var mustEncrypt: Bool { reason != nil }

  /// Checks the state of the stream.
  ///
  /// - Throws: ``NATSError/Code/tlsRequired`` if CONNECT must not be written to the stream.
  func check(isEncrypted: Bool, server: NATSServerAddress) throws(NATSError) {
    if mustEncrypt, !isEncrypted { throw refusal(of: server) }
  }

  /// The error for a server that offers no TLS.
  func refusal(of server: NATSServerAddress) -> NATSError {
    let why =
      switch reason {
      case .url, nil: "TLS is required"
      case .settings: "TLS is required by the TLS settings"
      case .earlierConnection: "this server, or the one that announced it, used TLS before in this process"
      }
    let remedy =
      reason == .earlierConnection
      ? "check what is between here and the server; restart this process if TLS was removed on purpose"
      : "set up TLS on the server, or remove tls:// and the TLS settings"
    return NATSError(
      .tlsRequired, "\(why) and \(server) offers none; no credentials were sent: \(remedy)")
  }
}

extension NATSTLSConfiguration {
  /// Whether these settings require TLS from every server. A CA file or a client certificate implies it.
  var isRequired: Bool { mode != .ifRequired || caFile != nil || certificateFile != nil }

  /// Checks that the servers can satisfy the settings.
  ///
  /// - Throws: ``NATSError/Code/tlsRequired`` if the settings require TLS and a server has the scheme `ws`.
  public func validate(for servers: [NATSServerAddress]) throws(NATSError) {
    guard isRequired, let server = servers.first(where: { $0.scheme == .ws }) else { return }
    throw NATSError(
      .tlsRequired, "the TLS settings require TLS and \(server) is without: use wss:// or remove the settings"
    )
  }

  /// Returns the servers, other than the local host, that may be sent the credentials in clear text.
  public func serversWithoutRequiredTLS(_ servers: [NATSServerAddress]) -> [NATSServerAddress] {
    servers.filter {
      !EncryptionPolicy(server: $0, tls: self, hasUsedTLS: false).mustEncrypt && !$0.isLoopback
    }
  }

  /// Returns a warning if credentials may be sent over the network in clear text, otherwise nil.
  ///
  /// - Parameter secret: the name of the credentials, such as "the api key".
  public func clearTextWarning(for servers: [NATSServerAddress], secret: String) -> String? {
    let servers = serversWithoutRequiredTLS(servers)
    guard let first = servers.first else { return nil }
    let names = servers.prefix(3).map(\.description).joined(separator: ", ")
    let more = servers.count > 3 ? " and \(servers.count - 3) more" : ""
    let scheme = first.scheme.isWebSocket ? "wss://" : "tls://"
    return "\(secret) may be sent in clear text to \(names)\(more): use \(scheme)"
  }
}
