/// What a connection does about each thing that happens to it. Knows no channel, no clock and no buffer: every
/// method returns what is to be done.
struct ConnectionStateMachine: ~Copyable {
  /// What TLS this connection wants after INFO.
  enum TLSPolicy: Sendable {
    /// The stream is encrypted already (TLS first, or `wss`), or carries a WebSocket: no upgrade after INFO.
    case settled
    /// If the server demands it.
    case ifRequired
    /// In any case.
    case required
  }

  private enum State {
    case awaitingInfo
    /// TLS starts: the plain-text INFO is reduced to what the handshake needs.
    case upgrading(HandshakeInfo)
    case awaitingPong(NATSServerInfo)
    case ready(NATSServerInfo, pingsOutstanding: Int, isLameDuck: Bool)
    case closed
  }

  enum Action: Equatable {
    case none
    /// Encrypt the stream, then call ``tlsIsUp()``.
    case upgradeToTLS
    /// Write CONNECT and PING together.
    case connect(HandshakeInfo)
    case sendPong
    /// The first PONG came: the connection may be used.
    case established(NATSServerInfo)
    /// A later PONG: settle whoever waits for it, in order.
    case pong
    /// A later INFO. `lameDuck` is true the first time it says so.
    case infoChanged(NATSServerInfo, lameDuck: Bool)
    /// Tell of an error that leaves the connection as it is.
    case report(ServerErrorKind, String)
    /// Close the connection for this reason.
    case close(NATSError)
  }

  private var state: State = .awaitingInfo
  private let tls: TLSPolicy
  private let maxPingsOutstanding: Int

  init(tls: TLSPolicy, maxPingsOutstanding: Int) {
    self.tls = tls
    self.maxPingsOutstanding = max(maxPingsOutstanding, 1)
  }

  /// Whether messages may come.
  var isReady: Bool {
    if case .ready = state { true } else { false }
  }

  /// Whether INFO was answered; from then on the connection can be lost for reasons of the client's own.
  var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  /// Whether bytes have to wait until the stream is encrypted.
  var isUpgrading: Bool {
    if case .upgrading = state { true } else { false }
  }

  mutating func received(_ info: NATSServerInfo) -> Action {
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
            "TLS is demanded and the server offers none: set up TLS on the server or use nats:// without it"))
      case .ifRequired, .required:
        state = .upgrading(HandshakeInfo(info))
        return .upgradeToTLS
      }
    case .upgrading:
      return close(NATSError(.protocolViolation, "the server went on in plain text where TLS was agreed"))
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

  mutating func tlsIsUp() -> Action {
    guard case .upgrading(let handshake) = state else { return .none }
    state = .awaitingPong(NATSServerInfo(handshake))
    return .connect(handshake)
  }

  mutating func receivedPing() -> Action {
    switch state {
    case .awaitingPong, .ready: return .sendPong
    case .awaitingInfo, .upgrading:
      return close(NATSError(.protocolViolation, "the server sent PING before INFO"))
    case .closed: return .none
    }
  }

  mutating func receivedPong() -> Action {
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

  mutating func received(error text: String) -> Action {
    if case .closed = state { return .none }
    if case .awaitingInfo = state {
      // Before TLS anybody may have sent it, so it says nothing of the credentials.
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

  /// The time of a liveness question has come.
  ///
  /// - Returns: whether to ask, or to close because too many questions are open.
  mutating func pingIsDue() -> PingAction {
    guard case .ready(let info, let outstanding, let isLameDuck) = state else { return .none }
    guard outstanding < maxPingsOutstanding else {
      let error = NATSError(
        .staleConnection, "the server answered none of \(outstanding) pings: it or the network is gone")
      state = .closed
      return .close(error)
    }
    state = .ready(info, pingsOutstanding: outstanding + 1, isLameDuck: isLameDuck)
    return .ask
  }

  enum PingAction: Equatable {
    case none
    case ask
    case close(NATSError)
  }

  /// The connection is over, whoever ended it.
  mutating func closed() {
    state = .closed
  }

  private mutating func close(_ error: NATSError) -> Action {
    state = .closed
    return .close(error)
  }
}
