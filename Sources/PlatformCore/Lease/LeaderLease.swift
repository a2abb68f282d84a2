import Encoding
import JSON
import JetStream
import Locks
public import Logging
public import NATS

/// The leader lease. Its holder delivers commands and writes the state of the fleet.
///
/// The lease is a key that is changed by compare-and-set only, and renewed by its holder. Two instances may hold it for a moment when
/// clocks run at different speeds or servers lose confirmed writes; the leader's work must tolerate that.
public final class LeaderLease: Sendable {
  /// The time after which a lease that is not renewed expires.
  public static let timeToLive = PlatformStorage.leaseTimeToLive
  static let key = "leader"
  private static let renewalInterval = Duration.milliseconds(1500)
  private static let pollInterval = Duration.milliseconds(500)
  /// The timeout of a request; several requests fit into the lease's time.
  private static let requestTimeout = Duration.milliseconds(800)

  /// The name of this instance.
  public let instance: String
  private let client: NATSClient
  private let jetStream: JetStream
  private let counters: PlatformCounters
  private let logger: Logger
  private let state = Locked(LeaseState(ttl: timeToLive))
  private let start = ContinuousClock.now

  /// Creates a candidate.
  ///
  /// - Parameter instance: The name of this instance, unique among all instances.
  public init(
    client: NATSClient, instance: String, counters: PlatformCounters = PlatformCounters(), logger: Logger
  ) {
    self.client = client
    self.instance = instance
    self.counters = counters
    self.logger = logger
    jetStream = JetStream(client, timeout: Self.requestTimeout)
  }

  /// Whether this instance leads.
  public var isHeld: Bool { state.withLock { $0.leadsUntil.map { $0 > now } ?? false } }

  /// The name of the leading instance; nil when none leads or it is unknown.
  public func holder() async -> String? {
    do {
      let bucket = try await jetStream.keyValue(PlatformStorage.leases)
      guard let entry = try await bucket.get(Self.key), let name = Self.instance(in: entry.value) else {
        return nil
      }
      // An expired lease may stay in the bucket, for example when JetStream's store is full.
      let leads =
        name.hasSameBytes(as: instance)
        ? isHeld : state.withLock { [now] in $0.isValid(revision: entry.revision, at: now) }
      return leads ? name : nil
    } catch {
      logger.debug("the leader is unknown", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  /// Competes for the lease until the task is cancelled. While it is held, `lead` runs; its task is cancelled as soon as the lease is
  /// lost, and the lease is released when `lead` returns.
  public func run(leading lead: @escaping @Sendable () async -> Void) async {
    while !Task.isCancelled {
      guard let bucket = await campaign() else { return }
      logger.info("this instance leads", metadata: ["instance": "\(instance)"])
      counters.setLeader(true)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await lead() }
        group.addTask { await self.renew(in: bucket) }
        await group.next()
        group.cancelAll()
      }
      counters.setLeader(false)
      logger.info("this instance no longer leads", metadata: ["instance": "\(instance)"])
      release()
      await pause(Self.pollInterval)
    }
  }

  private var now: Duration { ContinuousClock.now - start }

  // MARK: Acquiring

  /// Returns when the lease was acquired; nil when the task is cancelled.
  private func campaign() async -> KeyValueBucket? {
    var bucket: KeyValueBucket?
    while !Task.isCancelled {
      do throws(JetStreamError) {
        let open = if let bucket { bucket } else { try await jetStream.keyValue(PlatformStorage.leases) }
        bucket = open
        if try await take(in: open) { return open }
      } catch {
        state.withLock { $0.failed() }
        logger.debug("the lease can't be acquired", metadata: ["reason": "\(error)"])
      }
      await pause(Self.pollInterval)
    }
    return nil
  }

  private func take(in bucket: KeyValueBucket) async throws(JetStreamError) -> Bool {
    var revision: UInt64?
    if case .update(let abandoned) = state.withLock({ $0.step(at: now) }) {
      revision = abandoned
    } else if let found = try await bucket.get(Self.key, fromLeader: true) {
      // The own lease of an earlier term.
      if Self.instance(in: found.value)?.hasSameBytes(as: instance) == true {
        revision = found.revision
      } else {
        state.withLock { $0.observed(revision: found.revision, at: now) }
        return false
      }
    }
    let begun = now
    do throws(JetStreamError) {
      let value = Self.value(of: instance)
      let taken =
        if let revision {
          try await bucket.update(Self.key, value, revision: revision)
        } else {
          try await bucket.create(Self.key, value)
        }
      state.withLock { $0.acquired(revision: taken, begunAt: begun) }
      return true
    } catch  where error.code == .wrongLastSequence {
      state.withLock { $0.lost() }
      return false
    }
  }

  // MARK: Renewing

  /// Renews the lease; returns when it is lost or the task is cancelled.
  private func renew(in bucket: KeyValueBucket) async {
    var wait = Self.renewalInterval
    while !Task.isCancelled {
      guard let until = state.withLock({ $0.leadsUntil }) else { return }
      await pause(min(wait, until - now))
      guard !Task.isCancelled, let held = state.withLock({ $0.held }) else { return }
      guard now < until else {
        logger.warning("the lease could not be renewed in time")
        return state.withLock { $0.lost() }
      }
      // A request that may end too late is not started.
      guard now + Self.requestTimeout < until else {
        wait = until - now
        continue
      }
      wait = await renewOnce(held.revision, in: bucket) ? Self.renewalInterval : .milliseconds(100)
    }
  }

  private func renewOnce(_ revision: UInt64, in bucket: KeyValueBucket) async -> Bool {
    let begun = now
    do throws(JetStreamError) {
      let renewed = try await bucket.update(Self.key, Self.value(of: instance), revision: revision)
      state.withLock { $0.acquired(revision: renewed, begunAt: begun) }
      return true
    } catch  where error.code == .wrongLastSequence {
      await resolveConflict(in: bucket, begun: begun)
    } catch {
      logger.debug("the lease was not renewed", metadata: ["reason": "\(error)"])
    }
    return false
  }

  /// Handles an unexpected revision: that of an own renewal whose acknowledgement was lost, or another instance's.
  private func resolveConflict(in bucket: KeyValueBucket, begun: Duration) async {
    do throws(JetStreamError) {
      let found = try await bucket.get(Self.key, fromLeader: true)
      if let found, Self.instance(in: found.value)?.hasSameBytes(as: instance) == true {
        // Its time is unknown, so the term is not extended.
        state.withLock { $0.setRevision(found.revision) }
      } else {
        logger.warning("another instance has the lease")
        state.withLock { $0.lost() }
      }
    } catch {
      logger.debug("the lease can't be read", metadata: ["reason": "\(error)"])
    }
  }

  /// Deletes the lease if this instance still holds it. Published without waiting, as this task may be cancelled.
  private func release() {
    guard let held = state.withLock({ $0.held }) else { return }
    state.withLock { $0.lost() }
    do {
      let headers = try NATSHeaders([
        ("KV-Operation", "DEL"), ("Nats-Expected-Last-Subject-Sequence", String(held.revision)),
      ])
      try client.publish([], to: "$KV.\(PlatformStorage.leases).\(Self.key)", headers: headers)
    } catch {
      logger.debug("the lease was not released, it will expire", metadata: ["reason": "\(error)"])
    }
  }

  private func pause(_ duration: Duration) async {
    // Ends early when the task is cancelled, which the caller checks.
    try? await Task.sleep(for: duration)
  }

  // MARK: Coding

  private static func value(of instance: String) -> [UInt8] {
    JSONWriter.encode(["instance": .string(instance)])
  }

  private static func instance(in bytes: [UInt8]) -> String? {
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { return nil }
    return value.objectValue?["instance"]?.stringValue
  }
}
