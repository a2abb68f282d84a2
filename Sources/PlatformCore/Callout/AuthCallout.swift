import Locks
public import Logging
public import NATS
import NKeys

/// Answers the servers' question whether a connection may be let in, and with which permissions (ADR-26).
///
/// All instances share the questions through a queue group. The answers come from memory (``CredentialDirectory``): a valid token is
/// let in without a request to anything, whatever else fails. Before a name or token is refused, memory catches up with the
/// buckets, as it may have changed a moment ago; all refusals share that. Failures are throttled, never a valid token.
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
  /// Apart from those of unknown names, which anyone can make up to silence the others.
  let knownRefusalLog = Locked(RefusalLogLimiter())
  let activeRequests = Locked(0)
  let cloneChecks = Locked(0)
  /// For how long the servers wait, by the last request.
  let serverTimeout: Locked<Duration>
  private let subscribed = AsyncStream.makeStream(of: Never.self)

  /// A callout.
  ///
  /// - Parameters:
  ///   - client: is connected to the account that the servers' configuration names for callouts.
  ///   - directory: who may connect; it must be current before ``run()``.
  ///   - audit: where refusals are noted.
  ///   - servers: finds other connections of an agent; without it, clones are not looked for.
  ///   - cloneSuspected: told of a second live connection of an agent from another address.
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
  /// - Throws: when the client takes no subscription any more.
  public func run() async throws {
    let subscription = try client.subscribe(
      to: AuthorizationRequest.subject, queue: Self.queue, maxPendingMessages: settings.maxPending)
    defer { subscription.unsubscribe() }
    subscribed.continuation.finish()
    // A task for each: it is all computation but for the few that ask the bucket or the servers, and those hold up nobody.
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

  /// Returns once the servers that this instance is connected to know that it answers.
  ///
  /// - Throws: ``NATSError``, when there is no connection.
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
