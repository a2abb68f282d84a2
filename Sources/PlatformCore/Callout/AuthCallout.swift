import Locks
public import Logging
public import NATS
import NKeys

/// Answers the authorization requests of nats-server for connections (ADR-26).
///
/// All instances share the requests through a queue group. The answers come from memory (``CredentialDirectory``): a valid token is
/// accepted without any other request, even during an outage. Before a name or token is refused, memory catches up with the
/// buckets; concurrent refusals share that. Failures are throttled, a valid token never.
public final class AuthCallout: Sendable {
  /// The queue group of all instances.
  public static let queue = "pls-callout"

  let client: NATSClient
  let directory: any CredentialDirectory
  let audit: any Auditing
  let servers: ServerControl?
  let settings: CalloutSettings
  let decision: CalloutDecision
  let counters: PlatformCounters
  let logger: Logger
  let cloneSuspected: @Sendable (_ uuid: String, _ what: String) async -> Void

  let envelope: CalloutEnvelope
  let failures: Locked<AuthenticationRateLimiter>
  let refusalLog = Locked(RefusalLogLimiter())
  /// Separate from the log of unknown names, with which anyone could exhaust a shared limit.
  let knownRefusalLog = Locked(RefusalLogLimiter())
  let activeRequests = Locked(0)
  let cloneChecks = Locked(0)
  /// The time that servers wait for a response, by the last request.
  let serverTimeout: Locked<Duration>
  private let subscribed = AsyncStream.makeStream(of: Never.self)

  /// Creates a callout.
  ///
  /// - Parameters:
  ///   - client: A client in the account that the servers' configuration names for callouts.
  ///   - directory: The credentials; they must be current before ``run()``.
  ///   - audit: The audit log for refusals.
  ///   - servers: Lists connections of agents; without it, clones are not detected.
  ///   - cloneSuspected: Called for a second live connection of an agent from another address.
  public init(
    client: NATSClient, directory: any CredentialDirectory, audit: any Auditing, servers: ServerControl?,
    settings: CalloutSettings, counters: PlatformCounters = PlatformCounters(), logger: Logger,
    cloneSuspected: @escaping @Sendable (_ uuid: String, _ what: String) async -> Void = { _, _ in }
  ) {
    self.client = client
    self.directory = directory
    self.audit = audit
    self.servers = servers
    self.settings = settings
    self.counters = counters
    self.logger = logger
    self.cloneSuspected = cloneSuspected
    decision = CalloutDecision(tokenLifetime: settings.tokenLifetime, replyTTL: settings.replyTTL)
    envelope = CalloutEnvelope(xkey: settings.xkey)
    serverTimeout = Locked(settings.serverTimeout)
    failures = Locked(AuthenticationRateLimiter(perMinute: settings.guessesPerMinute))
  }

  /// Answers until the task is cancelled or the client is closed or drained.
  ///
  /// - Throws: When the client accepts no subscription any more.
  public func run() async throws {
    let subscription = try client.subscribe(
      to: AuthorizationRequest.subject, queue: Self.queue, maxPendingMessages: settings.maxPending)
    defer { subscription.unsubscribe() }
    subscribed.continuation.finish()
    // One task a request: nearly all only compute, and those that wait for a bucket or the servers delay no other.
    await withDiscardingTaskGroup { group in
      for await message in subscription {
        let arrived = ContinuousClock.now
        guard enter() else { continue }
        group.addTask {
          defer { self.leave() }
          await self.answer(message, arrived: arrived)
        }
      }
    }
  }

  /// Returns when the server that this instance is connected to has processed its subscription.
  ///
  /// - Throws: ``NATSError`` when there is no connection.
  public func ready() async throws(NATSError) {
    for await _ in subscribed.stream {}
    try await client.flush()
  }

  private func enter() -> Bool {
    let isFull = activeRequests.withLock { count in
      guard count < settings.maxPending else { return true }
      count += 1
      return false
    }
    if isFull { counters.calloutRefused(.request) }
    return !isFull
  }

  private func leave() { activeRequests.withLock { $0 -= 1 } }
}
