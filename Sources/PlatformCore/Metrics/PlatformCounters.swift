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
    /// Too many guesses were made.
    public static let guesses = Refusal(rawValue: "guesses")
    /// Two machines use the identity.
    public static let clone = Refusal(rawValue: "clone")
    /// What came is no request of a server that this platform trusts.
    public static let request = Refusal(rawValue: "request")
  }

  /// All counters at one moment.
  public struct Snapshot: Sendable, Equatable {
    /// Connections that the callout let in.
    public var calloutAccepted: UInt64 = 0
    /// Connections that it refused, by reason.
    public var calloutRefused: [Refusal: UInt64] = [:]
    /// How long it took from the request to the answer, in seconds.
    public var calloutSeconds = Histogram(bounds: Histogram.latency)
    /// Events that were folded into the fleet's state.
    public var eventsFolded: UInt64 = 0
    /// Commands that were sent to agents, each time that they were.
    public var commandsSent: UInt64 = 0
    /// Commands that ended, by their last state.
    public var commandsEnded: [CommandView.State: UInt64] = [:]
    /// Requests of operators, by method and whether they were done.
    public var apiCalls: [APICallKey: UInt64] = [:]
    /// Entries of the audit record that could not be written.
    public var auditLost: UInt64 = 0
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

  /// Counts how long an answer of the callout took.
  public func calloutTook(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    state.withLock { $0.calloutSeconds.observe(Double(seconds) + Double(attoseconds) * 1e-18) }
  }

  /// Counts events that were folded.
  public func eventsFolded(_ count: Int = 1) {
    state.withLock { $0.eventsFolded += UInt64(clamping: count) }
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

  /// Says whether this instance holds the lease.
  public func setLeader(_ isLeader: Bool) { state.withLock { $0.isLeader = isLeader } }
}
