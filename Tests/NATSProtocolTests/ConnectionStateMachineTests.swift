import NATSProtocol
import Testing

@Suite struct ConnectionStateMachineTests {
  @Test func handshakeWithoutTLS() throws {
    let machine = Machine(tls: .ifRequired)
    let info = try Self.info("{\"tls_available\":true}")
    #expect(!machine.isReady)
    #expect(machine.received(info) == .connect(HandshakeInfo(info)))
    #expect(machine.receivedPong() == .established(info))
    #expect(machine.isReady)
    #expect(machine.receivedPing() == .sendPong)
    #expect(machine.receivedPong() == .pong)
  }

  @Test(arguments: [
    (ConnectionStateMachine.TLSPolicy.ifRequired, "{\"tls_required\":true}"),
    (.required, "{\"tls_required\":true}"), (.required, "{\"tls_available\":true}"),
  ])
  func handshakeWithTLS(policy: ConnectionStateMachine.TLSPolicy, json: String) throws {
    let machine = Machine(tls: policy)
    let info = try Self.info(json)
    #expect(machine.received(info) == .upgradeToTLS)
    #expect(machine.isUpgrading)
    #expect(machine.tlsEstablished() == .connect(HandshakeInfo(info)))
    #expect(machine.receivedPong() == .established(NATSServerInfo(HandshakeInfo(info))))
  }

  /// A plain-text INFO with values that a man in the middle may have added.
  private static let forged = """
    {"tls_required":true,"tls_available":true,"max_payload":2048,"headers":true,"nonce":"n","ldm":true,
    "cluster":"evil","server_id":"E","host":"evil","client_ip":"10.6.6.6",
    "connect_urls":["evil:1"],"ws_connect_urls":["evil:2"]}
    """

  @Test(arguments: [ConnectionStateMachine.TLSPolicy.ifRequired, .required])
  func discoveredServersAndLameDuckModeBeforeTLSAreDropped(policy: ConnectionStateMachine.TLSPolicy) throws {
    let machine = Machine(tls: policy)
    _ = machine.received(try Self.info(Self.forged))
    guard case .connect(let handshake) = machine.tlsEstablished() else {
      Issue.record("no CONNECT after TLS")
      return
    }
    #expect(handshake.nonce == "n")
    guard case .established(let info) = machine.receivedPong() else {
      Issue.record("not established")
      return
    }
    #expect(info.connectURLs.isEmpty)
    #expect(info.webSocketConnectURLs.isEmpty)
    #expect(!info.lameDuckMode)
    #expect(info.cluster == nil && info.clientIP == nil && info.host.isEmpty && info.serverID.isEmpty)
    #expect(info.maxPayload == 2048)
    #expect(info.headers)
  }

  @Test func infoInsideTLSReplacesTheFirst() throws {
    let machine = Machine(tls: .required)
    _ = machine.received(try Self.info(Self.forged))
    _ = machine.tlsEstablished()
    let inside = try Self.info("{\"connect_urls\":[\"b:1\"],\"ldm\":true}")
    #expect(machine.received(inside) == .infoChanged(inside, lameDuck: false))
    #expect(machine.receivedPong() == .established(inside))
  }

  @Test func errorBeforeInfoIsNoAuthorizationViolation() {
    let machine = Machine(tls: .required)
    #expect(Self.code(machine.received(error: "Authorization Violation")) == .connectionFailed)
  }

  @Test func pingBeforeInfoIsAProtocolViolation() {
    let machine = Machine(tls: .ifRequired)
    #expect(Self.code(machine.receivedPing()) == .protocolViolation)
  }

  @Test func settledTLSIsNotUpgraded() throws {
    let machine = Machine(tls: .settled)
    let info = try Self.info("{\"tls_required\":true}")
    #expect(machine.received(info) == .connect(HandshakeInfo(info)))
  }

  @Test func requiredTLSThatIsNotOfferedThrows() throws {
    let machine = Machine(tls: .required)
    #expect(Self.code(machine.received(try Self.info("{}"))) == .tlsRequired)
    #expect(machine.isClosed)
  }

  @Test func plainTextDuringTheUpgradeIsAProtocolViolation() throws {
    let machine = Machine(tls: .required)
    let info = try Self.info("{\"tls_required\":true}")
    _ = machine.received(info)
    #expect(Self.code(machine.received(info)) == .protocolViolation)
  }

  @Test func pongBeforeInfoIsAProtocolViolation() {
    let machine = Machine(tls: .ifRequired)
    #expect(Self.code(machine.receivedPong()) == .protocolViolation)
  }

  @Test func laterInfoIsReported() throws {
    let machine = try Self.ready()
    let info = try Self.info("{\"server_id\":\"B\"}")
    #expect(machine.received(info) == .infoChanged(info, lameDuck: false))
    let lame = try Self.info("{\"ldm\":true}")
    #expect(machine.received(lame) == .infoChanged(lame, lameDuck: true))
    // Reported once.
    #expect(machine.received(lame) == .infoChanged(lame, lameDuck: false))
  }

  @Test(arguments: [
    ("Authorization Violation", NATSError.Code.authorizationViolation),
    ("user authentication expired", .authenticationExpired), ("Stale Connection", .staleConnection),
    ("Maximum Connections Exceeded", .maxConnections),
  ])
  func fatalErrorsCloseTheConnection(text: String, code: NATSError.Code) throws {
    let machine = try Self.ready()
    #expect(Self.code(machine.received(error: text)) == code)
    #expect(machine.isClosed)
    #expect(machine.received(error: text) == .none)
    #expect(machine.receivedPing() == .none)
    #expect(machine.receivedPong() == .none)
  }

  @Test(arguments: [
    "Permissions Violation for Publish to \"x\"", "maximum subscriptions exceeded", "Invalid Subject",
  ])
  func nonFatalErrorsAreReported(text: String) throws {
    let machine = try Self.ready()
    #expect(machine.received(error: text) == .report(ServerErrorKind(text), text))
    #expect(machine.isReady)
  }

  @Test func anyErrorBeforeTheFirstPongClosesTheConnection() throws {
    let machine = Machine(tls: .ifRequired)
    _ = machine.received(try Self.info("{}"))
    #expect(Self.code(machine.received(error: "Whatever")) == .connectionFailed)
  }

  @Test func unansweredPingsCloseTheConnection() throws {
    let machine = try Self.ready()
    #expect(machine.pingTimerFired() == .sendPing)
    #expect(machine.pingTimerFired() == .sendPing)
    guard case .close(let error) = machine.pingTimerFired() else {
      Issue.record("the third ping must not be asked")
      return
    }
    #expect(error.code == .staleConnection)
    #expect(machine.isClosed)
    #expect(machine.pingTimerFired() == .none)
  }

  @Test func pongResetsOutstandingPings() throws {
    let machine = try Self.ready()
    for _ in 0..<10 {
      #expect(machine.pingTimerFired() == .sendPing)
      #expect(machine.receivedPong() == .pong)
    }
  }

  @Test func noPingBeforeTheConnectionIsEstablished() {
    let machine = Machine(tls: .ifRequired)
    #expect(machine.pingTimerFired() == .none)
  }

  private static func ready() throws -> Machine {
    let machine = Machine(tls: .ifRequired)
    _ = machine.received(try info("{}"))
    _ = machine.receivedPong()
    return machine
  }

  private static func code(_ action: ConnectionStateMachine.Action) -> NATSError.Code? {
    if case .close(let error) = action { error.code } else { nil }
  }

  private static func info(_ json: String) throws -> NATSServerInfo {
    try NATSServerInfo(json: Array(json.utf8))
  }
}

/// A copyable reference to a state machine, for use in expectations.
private final class Machine {
  private var machine: ConnectionStateMachine

  init(tls: ConnectionStateMachine.TLSPolicy) {
    machine = ConnectionStateMachine(tls: tls, maxPingsOutstanding: 2)
  }

  var isReady: Bool { machine.isReady }
  var isClosed: Bool { machine.isClosed }
  var isUpgrading: Bool { machine.isUpgrading }

  func received(_ info: NATSServerInfo) -> ConnectionStateMachine.Action { machine.received(info) }
  func received(error text: String) -> ConnectionStateMachine.Action { machine.received(error: text) }
  func receivedPing() -> ConnectionStateMachine.Action { machine.receivedPing() }
  func receivedPong() -> ConnectionStateMachine.Action { machine.receivedPong() }
  func tlsEstablished() -> ConnectionStateMachine.Action { machine.tlsEstablished() }
  func pingTimerFired() -> ConnectionStateMachine.PingAction { machine.pingTimerFired() }
}
