/// Whether a connection to one server has to be encrypted, and why.
///
/// ``check(isEncrypted:server:)`` is called once, immediately before CONNECT is written, with the state of the stream itself.
struct EncryptionPolicy: Sendable, Equatable {
  enum Reason: Sendable, Equatable {
    /// The URL is `tls://` or `wss://`.
    case url
    /// The TLS settings: a mode other than `ifRequired`, an authority, or a client certificate.
    case settings
    /// An earlier connection of this process to the server, or to the one that announced it, was encrypted.
    case earlierConnection
  }

  /// nil: the server decides.
  let reason: Reason?

  /// - Parameter hasUsedTLS: whether TLS was seen from this server, or from the one that announced it.
  init(server: NATSServerAddress, tls: NATSTLSConfiguration, hasUsedTLS: Bool) {
    reason =
      if server.demandsTLS {
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

  /// - Throws: ``NATSError/Code/tlsRequired`` when CONNECT must not be written to this stream.
  func check(isEncrypted: Bool, server: NATSServerAddress) throws(NATSError) {
    if mustEncrypt, !isEncrypted { throw refusal(of: server) }
  }

  /// The error for a server that offers no TLS.
  func refusal(of server: NATSServerAddress) -> NATSError {
    let why =
      switch reason {
      case .url, nil: "TLS is demanded"
      case .settings: "TLS is demanded by the TLS settings"
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
  /// Whether these settings alone require TLS from every server: an authority or a client certificate implies it.
  var isRequired: Bool { mode != .ifRequired || caFile != nil || certificateFile != nil }

  /// Checks that the settings can be met by the servers.
  ///
  /// - Throws: ``NATSError/Code/tlsRequired`` for a `ws://` server with settings that require TLS.
  public func validate(for servers: [NATSServerAddress]) throws(NATSError) {
    guard isRequired, let server = servers.first(where: { $0.scheme == .ws }) else { return }
    throw NATSError(
      .tlsRequired, "the TLS settings require TLS and \(server) is without: use wss:// or remove the settings"
    )
  }

  /// The servers outside this machine that may get the credentials in clear text.
  public func serversWithoutRequiredTLS(_ servers: [NATSServerAddress]) -> [NATSServerAddress] {
    servers.filter {
      !EncryptionPolicy(server: $0, tls: self, hasUsedTLS: false).mustEncrypt && !$0.isLoopback
    }
  }

  /// One line for an operator whose credentials may cross the network in clear text; nil if they can't.
  ///
  /// - Parameter secret: what is sent, such as "the api key".
  public func clearTextWarning(for servers: [NATSServerAddress], secret: String) -> String? {
    let servers = serversWithoutRequiredTLS(servers)
    guard let first = servers.first else { return nil }
    let names = servers.prefix(3).map(\.description).joined(separator: ", ")
    let more = servers.count > 3 ? " and \(servers.count - 3) more" : ""
    let scheme = first.scheme.isWebSocket ? "wss://" : "tls://"
    return "\(secret) may be sent in clear text to \(names)\(more): use \(scheme)"
  }
}
