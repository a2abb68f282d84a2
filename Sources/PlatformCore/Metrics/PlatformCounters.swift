import Locks
public import PlatformAPI

/// What the parts of one instance count about themselves, for `/metrics`. Counting costs a short lock and never waits.
public final class PlatformCounters: Sendable {
  /// Why the callout refused a connection. Strings become the label `reason`, so there must be few of them.
  public struct Refusal: RawRepresentable, Sendable, Hashable {
    /// The value of the label.
    public var rawValue: String
    /// A reason.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Nobody of this name is known.
    public static let unknown = Refusal(rawValue: "unknown")
    /// The name is known and the token is not one of its tokens, or is one no longer.
    public static let token = Refusal(rawValue: "token")
    /// The agent was revoked.
    public static let revoked = Refusal(rawValue: "revoked")
    /// The identity is of another agent type.
    public static let agentType = Refusal(rawValue: "agent_type")
    /// The failure was throttled.
    public static let guesses = Refusal(rawValue: "guesses")
    /// Two machines use the identity.
    public static let clone = Refusal(rawValue: "clone")
    /// What came is no request of a server that this platform trusts.
    public static let request = Refusal(rawValue: "request")

    /// All of them. A counter is there from the start at 0: of one that begins at 1 Prometheus sees no increase.
    static let all = [unknown, token, revoked, agentType, guesses, clone, request]
  }

  /// Whose authentication failures are throttled. Becomes the label `kind`.
  public enum ThrottledKind: String, Sendable, Hashable, CaseIterable {
    /// A known agent's.
    case agent
    /// A known operator's.
    case `operator`
    /// Those of unknown names.
    case unknown
  }

  /// Why an event was not read. Becomes the label `reason`.
  public enum EventRejection: String, Sendable, Hashable, CaseIterable {
    /// No envelope of version 1.
    case envelope
    /// A type that the platform does not know.
    case type
    /// A payload above the limit of its type.
    case tooLarge = "too_large"
    /// A payload that is not what the protocol says.
    case payload
  }

  /// All counters at one moment.
  public struct Snapshot: Sendable, Equatable {
    /// Connections that the callout let in.
    public var calloutAccepted: UInt64 = 0
    /// Connections that it refused, by reason.
    public var calloutRefused: [Refusal: UInt64] = [:]
    /// Times that throttling of a name and address, or of an address, began.
    public var throttled: [ThrottledKind: UInt64] = [:]
    /// How long it took from the request to the answer, in seconds.
    public var calloutSeconds = Histogram(bounds: Histogram.latency)
    /// Events that were folded into the fleet's state.
    public var eventsFolded: UInt64 = 0
    /// Bytes of events that were removed because their agents took more than their shares, by uuid.
    public var eventsPurged: [String: UInt64] = [:]
    /// Events that the platform does not read, by reason.
    public var eventsRejected: [EventRejection: UInt64] = [:]
    /// Telemetry whose agent left out entries of lists, as it would have been too large.
    public var telemetryTruncated: UInt64 = 0
    /// Commands that were sent to agents, each time that they were.
    public var commandsSent: UInt64 = 0
    /// Commands that ended, by their last state.
    public var commandsEnded: [CommandView.State: UInt64] = [:]
    /// Requests of operators, by method and whether they were done.
    public var apiCalls: [APICallKey: UInt64] = [:]
    /// Entries of the audit record that could not be written.
    public var auditLost: UInt64 = 0
    /// Alarms that the audit record did not take, as there were too many.
    public var auditSuppressed: UInt64 = 0
    /// Whether this instance holds the lease.
    public var isLeader = false
  }

  /// What a request of an operator is counted under.
  public struct APICallKey: Sendable, Hashable, Comparable {
    /// The method; `unknown` for what the platform has not.
    public var method: String
    /// Whether it was done.
    public var ok: Bool

    /// By method; what was done comes first.
    public static func < (left: APICallKey, right: APICallKey) -> Bool {
      left.method == right.method ? left.ok && !right.ok : left.method < right.method
    }
  }

  private let state = Locked(Snapshot())

  /// All counters at zero.
  public init() {}

  /// All counters now.
  public var snapshot: Snapshot { state.withLock { $0 } }

  /// Counts a connection that the callout let in.
  public func calloutAccepted() { state.withLock { $0.calloutAccepted += 1 } }

  /// Counts a connection that the callout refused.
  public func calloutRefused(_ reason: Refusal) {
    state.withLock { $0.calloutRefused[reason, default: 0] += 1 }
  }

  /// Counts that throttling of authentication failures began.
  public func authenticationThrottled(_ kind: ThrottledKind) {
    state.withLock { $0.throttled[kind, default: 0] += 1 }
  }

  /// Counts how long an answer of the callout took.
  public func calloutTook(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    state.withLock { $0.calloutSeconds.observe(Double(seconds) + Double(attoseconds) * 1e-18) }
  }

  /// Counts events that were folded.
  public func eventsFolded(_ count: Int = 1) {
    state.withLock { $0.eventsFolded += UInt64(clamping: count) }
  }

  /// Counts an event that is not read.
  public func eventRejected(_ reason: EventRejection) {
    state.withLock { $0.eventsRejected[reason, default: 0] += 1 }
  }

  /// Counts telemetry whose lists its agent has shortened.
  public func telemetryTruncated() { state.withLock { $0.telemetryTruncated += 1 } }

  /// As many agents are named by the metric of removed events; those that come later count as `other`.
  static let maximumNamed = 16

  /// Counts bytes of events that were removed because their agent took more than its share.
  public func eventsPurged(of uuid: String, bytes: Int) {
    state.withLock { state in
      let isNamed = state.eventsPurged[uuid] != nil || state.eventsPurged.count < Self.maximumNamed
      state.eventsPurged[isNamed ? uuid : "other", default: 0] += UInt64(clamping: bytes)
    }
  }

  /// Counts a command that was sent, each time that it is.
  public func commandSent() { state.withLock { $0.commandsSent += 1 } }

  /// Counts a command that ended.
  public func commandEnded(_ state: CommandView.State) {
    self.state.withLock { $0.commandsEnded[state, default: 0] += 1 }
  }

  /// Counts a request of an operator; nil for a method that the platform has not.
  public func apiCall(_ method: APIMethod?, ok: Bool) {
    let key = APICallKey(method: method?.rawValue ?? "unknown", ok: ok)
    state.withLock { $0.apiCalls[key, default: 0] += 1 }
  }

  /// Counts entries of the audit record that could not be written.
  public func auditLost(_ count: Int = 1) {
    state.withLock { $0.auditLost += UInt64(clamping: count) }
  }

  /// Counts an alarm that the audit record did not take.
  public func auditSuppressed() { state.withLock { $0.auditSuppressed += 1 } }

  /// Says whether this instance holds the lease.
  public func setLeader(_ isLeader: Bool) { state.withLock { $0.isLeader = isLeader } }
}
