import Locks
public import PlatformAPI

/// The counters of one instance, for `/metrics`. Counting takes a short lock and never waits.
public final class PlatformCounters: Sendable {
  /// Why the callout refused a connection. Becomes the label `reason`, so there must be few values.
  public struct Refusal: RawRepresentable, Sendable, Hashable {
    /// The value of the label.
    public var rawValue: String
    /// Creates a reason.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name is unknown.
    public static let unknown = Refusal(rawValue: "unknown")
    /// The token is not one of the name's valid tokens.
    public static let token = Refusal(rawValue: "token")
    /// The agent was revoked.
    public static let revoked = Refusal(rawValue: "revoked")
    /// The identity is of another agent type.
    public static let agentType = Refusal(rawValue: "agent_type")
    /// The failures of the name or address are throttled.
    public static let guesses = Refusal(rawValue: "guesses")
    /// Two machines use the same identity.
    public static let clone = Refusal(rawValue: "clone")
    /// The request is not one of a trusted server.
    public static let request = Refusal(rawValue: "request")

    /// All reasons. Each counter starts at 0: Prometheus sees no increase in a counter that starts at 1.
    static let all = [unknown, token, revoked, agentType, guesses, clone, request]
  }

  /// Whose authentication failures are throttled. Becomes the label `kind`.
  public enum ThrottledKind: String, Sendable, Hashable, CaseIterable {
    /// Those of a known agent.
    case agent
    /// Those of a known operator.
    case `operator`
    /// Those of unknown names.
    case unknown
  }

  /// Why an event was rejected. Becomes the label `reason`.
  public enum EventRejection: String, Sendable, Hashable, CaseIterable {
    /// It is not an envelope of version 1.
    case envelope
    /// The platform does not know its type.
    case type
    /// Its payload exceeds the limit of its type.
    case tooLarge = "too_large"
    /// Its payload violates the protocol.
    case payload
  }

  /// The values of all counters.
  public struct Snapshot: Sendable, Equatable {
    /// Connections that the callout accepted.
    public var calloutAccepted: UInt64 = 0
    /// Connections that it refused, by reason.
    public var calloutRefused: [Refusal: UInt64] = [:]
    /// How often throttling of a name and address, or of an address, began.
    public var throttled: [ThrottledKind: UInt64] = [:]
    /// The time from request to response, in seconds.
    public var calloutSeconds = Histogram(bounds: Histogram.latency)
    /// Events folded into the fleet state.
    public var eventsFolded: UInt64 = 0
    /// Bytes of events removed because their agents exceeded their shares, by uuid.
    public var eventsPurged: [String: UInt64] = [:]
    /// Events rejected, by reason.
    public var eventsRejected: [EventRejection: UInt64] = [:]
    /// Telemetry whose lists the agent shortened to fit the limit.
    public var telemetryTruncated: UInt64 = 0
    /// Commands sent to agents, each attempt counted.
    public var commandsSent: UInt64 = 0
    /// Commands that ended, by final state.
    public var commandsEnded: [CommandView.State: UInt64] = [:]
    /// Requests of operators, by method and success.
    public var apiCalls: [APICallKey: UInt64] = [:]
    /// Entries of the audit record that could not be written.
    public var auditLost: UInt64 = 0
    /// Alarms not added to the audit record because of their rate limit.
    public var auditSuppressed: UInt64 = 0
    /// Whether this instance holds the lease.
    public var isLeader = false
  }

  /// The key of a counter of requests.
  public struct APICallKey: Sendable, Hashable, Comparable {
    /// The method; `unknown` for one that the platform does not have.
    public var method: String
    /// Whether it succeeded.
    public var ok: Bool

    /// Orders by method, successes first.
    public static func < (left: APICallKey, right: APICallKey) -> Bool {
      left.method == right.method ? left.ok && !right.ok : left.method < right.method
    }
  }

  private let state = Locked(Snapshot())

  /// Creates counters with the value zero.
  public init() {}

  /// The current values.
  public var snapshot: Snapshot { state.withLock { $0 } }

  /// Counts a connection that the callout accepted.
  public func calloutAccepted() { state.withLock { $0.calloutAccepted += 1 } }

  /// Counts a connection that the callout refused.
  public func calloutRefused(_ reason: Refusal) {
    state.withLock { $0.calloutRefused[reason, default: 0] += 1 }
  }

  /// Counts the start of throttling of authentication failures.
  public func authenticationThrottled(_ kind: ThrottledKind) {
    state.withLock { $0.throttled[kind, default: 0] += 1 }
  }

  /// Counts the duration of a response of the callout.
  public func calloutTook(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    state.withLock { $0.calloutSeconds.observe(Double(seconds) + Double(attoseconds) * 1e-18) }
  }

  /// Counts folded events.
  public func eventsFolded(_ count: Int = 1) {
    state.withLock { $0.eventsFolded += UInt64(clamping: count) }
  }

  /// Counts a rejected event.
  public func eventRejected(_ reason: EventRejection) {
    state.withLock { $0.eventsRejected[reason, default: 0] += 1 }
  }

  /// Counts telemetry whose lists the agent shortened.
  public func telemetryTruncated() { state.withLock { $0.telemetryTruncated += 1 } }

  /// The most agents that the metric of removed events names; the others count as `other`.
  static let maximumNamed = 16

  /// Counts bytes of events removed because their agent exceeded its share.
  public func eventsPurged(of uuid: String, bytes: Int) {
    state.withLock { state in
      let isNamed = state.eventsPurged[uuid] != nil || state.eventsPurged.count < Self.maximumNamed
      state.eventsPurged[isNamed ? uuid : "other", default: 0] += UInt64(clamping: bytes)
    }
  }

  /// Counts an attempt to send a command.
  public func commandSent() { state.withLock { $0.commandsSent += 1 } }

  /// Counts a command that ended.
  public func commandEnded(_ state: CommandView.State) {
    self.state.withLock { $0.commandsEnded[state, default: 0] += 1 }
  }

  /// Counts a request of an operator; nil for a method that the platform does not have.
  public func apiCall(_ method: APIMethod?, ok: Bool) {
    let key = APICallKey(method: method?.rawValue ?? "unknown", ok: ok)
    state.withLock { $0.apiCalls[key, default: 0] += 1 }
  }

  /// Counts entries of the audit record that could not be written.
  public func auditLost(_ count: Int = 1) {
    state.withLock { $0.auditLost += UInt64(clamping: count) }
  }

  /// Counts a suppressed alarm.
  public func auditSuppressed() { state.withLock { $0.auditSuppressed += 1 } }

  /// Sets whether this instance holds the lease.
  public func setLeader(_ isLeader: Bool) { state.withLock { $0.isLeader = isLeader } }
}
