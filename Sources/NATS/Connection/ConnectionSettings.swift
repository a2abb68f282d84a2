import NIOCore

/// The settings of one attempt to connect.
struct ConnectionSettings: Sendable {
  var server: NATSServerAddress
  var credentials: NATSCredentials
  var name: String
  var echo: Bool
  var tls: ConnectionStateMachine.TLSPolicy
  /// Whether CONNECT may be written to a stream in clear text.
  var encryption: EncryptionPolicy
  var pingInterval: TimeAmount
  var maxPingsOutstanding: Int
  /// The deadline of the handshake.
  var deadline: NIODeadline
  /// Called before CONNECT is written; returns false if another server has answered first.
  var claim: @Sendable () -> Bool = { true }
  /// Receives the signals that are handled outside the event loop.
  var signals: AsyncStream<ConnectionSignal>.Continuation
  /// Adds TLS to the pipeline, below the handler.
  var upgradeToTLS: @Sendable (any Channel) -> EventLoopFuture<Void>

  /// A hint for errors about a missing INFO; empty if the TLS handshake comes first.
  var handshakeFirstHint: String {
    if case .settled = tls { return "" }
    return "; if the server has handshake_first, set tls.first"
  }

  /// Creates the options of CONNECT for a server.
  ///
  /// - Throws: ``NATSError/Code/invalidCredentials`` if the nonce can't be signed.
  func connectOptions(for info: HandshakeInfo, isEncrypted: Bool) throws(NATSError) -> ConnectOptions {
    ConnectOptions(
      name: name, echo: echo, isEncrypted: isEncrypted, server: server, info: info,
      authentication: try authentication(nonce: info.nonce))
  }

  private func authentication(nonce: String?) throws(NATSError) -> ConnectOptions.Authentication {
    switch credentials {
    case .none: return .url
    case .userPassword(let user, let password): return .userPassword(user, password)
    case .token(let token): return .token(token)
    case .nkey(let publicKey, let sign):
      guard let nonce else {
        throw NATSError(
          .invalidCredentials, "the server sent no nonce to sign: it does not support nkeys")
      }
      return .nkey(publicKey: publicKey, signature: try Self.signature(of: nonce, by: sign))
    case .jwt(let jwt, let sign):
      guard let nonce else { return .jwt(jwt, signature: nil) }
      return .jwt(jwt, signature: try Self.signature(of: nonce, by: sign))
    }
  }

  private static func signature(
    of nonce: String, by sign: NATSCredentials.Signature
  ) throws(NATSError) -> [UInt8] {
    do {
      return try sign(Array(nonce.utf8))
    } catch {
      // The error may contain a part of the key, so it is not repeated.
      throw NATSError(.invalidCredentials, "the server's nonce could not be signed: check the key")
    }
  }
}
