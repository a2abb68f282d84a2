/// Whether and why a connection to one server has to be encrypted.
///
/// ``check(isEncrypted:server:)`` is called immediately before CONNECT is written, with the actual state of the stream.
package struct EncryptionPolicy: Sendable, Equatable {
  package enum Reason: Sendable, Equatable {
    /// The scheme of the URL is `tls` or `wss`.
    case url
    /// The TLS settings: a mode other than `ifRequired`, an authority, or a client certificate.
    case settings
    /// An earlier connection to the server, or to the server that announced it, was encrypted.
    case earlierConnection
  }

  /// The reason why encryption is required; nil if the server decides.
  package let reason: Reason?

  /// - Parameter hasUsedTLS: whether this server, or the server that announced it, has used TLS before.
  package init(server: NATSServerAddress, tls: NATSTLSConfiguration, hasUsedTLS: Bool) {
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

  package var mustEncrypt: Bool { reason != nil }

  /// Checks the state of the stream.
  ///
  /// - Throws: ``NATSError/Code/tlsRequired`` if CONNECT must not be written to the stream.
  package func check(isEncrypted: Bool, server: NATSServerAddress) throws(NATSError) {
    if mustEncrypt, !isEncrypted { throw refusal(of: server) }
  }

  /// The error for a server that offers no TLS.
  package func refusal(of server: NATSServerAddress) -> NATSError {
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
