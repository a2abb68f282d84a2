/// The state machine of a connection. Performs no I/O: every method returns the action to execute.
package struct ConnectionStateMachine: ~Copyable {
  /// Whether the connection is upgraded to TLS after INFO.
  package enum TLSPolicy: Sendable {
    /// No upgrade: the stream is already encrypted (TLS first, or `wss`), or it carries a WebSocket.
    case settled
    /// Upgrade if the server requires it.
    case ifRequired
    /// Upgrade in any case.
    case required
  }

  private enum State {
    case awaitingInfo
    /// The TLS handshake is in progress. The plain-text INFO is reduced to the values that the handshake needs.
    case upgrading(HandshakeInfo)
    case awaitingPong(NATSServerInfo)
    case ready(NATSServerInfo, pingsOutstanding: Int, isLameDuck: Bool)
    case closed
  }

  package enum Action: Equatable {
    case none
    /// Encrypt the stream, then call ``tlsEstablished()``.
    case upgradeToTLS
    /// Write CONNECT and PING together.
    case connect(HandshakeInfo)
    case sendPong
    /// The first PONG has arrived, and the connection can be used.
    case established(NATSServerInfo)
    /// A later PONG: complete the confirmations of the oldest PING.
    case pong
    /// A later INFO. `lameDuck` is true for the first one in lame duck mode.
    case infoChanged(NATSServerInfo, lameDuck: Bool)
    /// Report an error that does not end the connection.
    case report(ServerErrorKind, String)
    /// Close the connection with this error.
    case close(NATSError)
  }

  private var state: State = .awaitingInfo
  private let tls: TLSPolicy
  private let maxPingsOutstanding: Int

  package init(tls: TLSPolicy, maxPingsOutstanding: Int) {
    self.tls = tls
    self.maxPingsOutstanding = max(maxPingsOutstanding, 1)
  }

  /// Whether the connection is established.
  package var isReady: Bool {
    if case .ready = state { true } else { false }
  }

  /// Whether the connection is closed.
  package var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  /// Whether the TLS handshake is in progress.
  package var isUpgrading: Bool {
    if case .upgrading = state { true } else { false }
  }

  package mutating func received(_ info: NATSServerInfo) -> Action {
    switch state {
    case .awaitingInfo:
      switch tls {
      case .settled:
        state = .awaitingPong(info)
        return .connect(HandshakeInfo(info))
      case .ifRequired where !info.tlsRequired:
        state = .awaitingPong(info)
        return .connect(HandshakeInfo(info))
      case .required where !info.tlsRequired && !info.tlsAvailable:
        return close(
          NATSError(
            .tlsRequired,
            "TLS is required and the server offers none: set up TLS on the server or use nats:// without it"))
      case .ifRequired, .required:
        state = .upgrading(HandshakeInfo(info))
        return .upgradeToTLS
      }
    case .upgrading:
      return close(NATSError(.protocolViolation, "the server continued in plain text after TLS was agreed"))
    case .awaitingPong:
      state = .awaitingPong(info)
      return .infoChanged(info, lameDuck: false)
    case .ready(_, let outstanding, let wasLameDuck):
      state = .ready(info, pingsOutstanding: outstanding, isLameDuck: wasLameDuck || info.lameDuckMode)
      return .infoChanged(info, lameDuck: info.lameDuckMode && !wasLameDuck)
    case .closed:
      return .none
    }
  }

  package mutating func tlsEstablished() -> Action {
    guard case .upgrading(let handshake) = state else { return .none }
    state = .awaitingPong(NATSServerInfo(handshake))
    return .connect(handshake)
  }

  package mutating func receivedPing() -> Action {
    switch state {
    case .awaitingPong, .ready: return .sendPong
    case .awaitingInfo, .upgrading:
      return close(NATSError(.protocolViolation, "the server sent PING before INFO"))
    case .closed: return .none
    }
  }

  package mutating func receivedPong() -> Action {
    switch state {
    case .awaitingPong(let info):
      state = .ready(info, pingsOutstanding: 0, isLameDuck: info.lameDuckMode)
      return .established(info)
    case .ready(let info, _, let isLameDuck):
      state = .ready(info, pingsOutstanding: 0, isLameDuck: isLameDuck)
      return .pong
    case .awaitingInfo, .upgrading:
      return close(NATSError(.protocolViolation, "the server sent PONG before INFO"))
    case .closed:
      return .none
    }
  }

  package mutating func received(error text: String) -> Action {
    if case .closed = state { return .none }
    if case .awaitingInfo = state {
      // An error before TLS may be injected, so it is no statement about the credentials.
      return close(NATSError(.connectionFailed, "the server refused the connection before INFO: \(text)"))
    }
    let kind = ServerErrorKind(text)
    switch kind {
    case .authorization:
      return close(
        NATSError(.authorizationViolation, "the server refused the credentials: \(text); check user and key"))
    case .authenticationExpired:
      return close(NATSError(.authenticationExpired, "the server ended the session: \(text)"))
    case .reconnect(let code):
      return close(NATSError(code, "the server closed the connection: \(text)"))
    case .permissionsViolation, .maxSubscriptions, .other:
      guard case .ready = state else {
        return close(NATSError(.connectionFailed, "the server refused the connection: \(text)"))
      }
      return .report(kind, text)
    }
  }

  /// Handles the PING timer: sends a PING, or closes the connection if too many are unanswered.
  package mutating func pingTimerFired() -> PingAction {
    guard case .ready(let info, let outstanding, let isLameDuck) = state else { return .none }
    guard outstanding < maxPingsOutstanding else {
      let error = NATSError(
        .staleConnection,
        "the server answered none of \(outstanding) pings: the server or the network is down")
      state = .closed
      return .close(error)
    }
    state = .ready(info, pingsOutstanding: outstanding + 1, isLameDuck: isLameDuck)
    return .sendPing
  }

  package enum PingAction: Equatable {
    case none
    case sendPing
    case close(NATSError)
  }

  /// Records that the connection has ended.
  package mutating func closed() {
    state = .closed
  }

  private mutating func close(_ error: NATSError) -> Action {
    state = .closed
    return .close(error)
  }
}
