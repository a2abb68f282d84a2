import AgentProtocol
import HostMetrics
import JSON
import Locks
import Logging

/// Takes a snapshot of the machine at each interval and brings it to the platform: at once while there is a connection,
/// afterwards otherwise, the oldest first.
final class TelemetryPublisher: Sendable {
  private let sampler: TelemetrySampler
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let subjects: AgentSubjects
  private let losses: LossCounter
  private let observe: @Sendable (Snapshot) -> Void
  private let logger: Logger
  private let pulse = Pulse()
  private let state: Locked<State>

  private struct State {
    var interval: Duration
    var ring = TelemetryRing()
    var announcedConnection: UInt64?
    var problems: Set<String> = []
    var omitted: (lists: [String], loggedAt: ContinuousClock.Instant)?
  }

  /// How long the first snapshot waits for the first connection.
  private static let patience = Duration.seconds(1)

  /// The time between two log lines about the same lists that are cut.
  private static let logPause = Duration.seconds(3600)

  /// A publisher that takes a snapshot each `interval`.
  ///
  /// - Parameter observe: Called with each snapshot, once it is on its way.
  init(
    sampler: TelemetrySampler, uplink: any Uplink, agent: AgentUUID, interval: Duration, losses: LossCounter,
    logger: Logger, observe: @escaping @Sendable (Snapshot) -> Void = { _ in }
  ) {
    self.sampler = sampler
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.subjects = AgentSubjects(agent)
    self.losses = losses
    self.observe = observe
    self.logger = logger
    state = Locked(State(interval: interval))
  }

  /// The time between two snapshots. Setting it takes effect at once, with an immediate snapshot.
  var interval: Duration {
    get { state.withLock { $0.interval } }
    set {
      state.withLock { $0.interval = newValue }
      pulse.signal()
    }
  }

  /// There is a new connection: what waited goes out, then a fresh snapshot.
  func connected() {
    pulse.signal()
  }

  /// Publishes until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { confirmations in
      // A snapshot for nobody just before the one for the first connection would leave that one no time to measure over.
      var next = ContinuousClock.now + Self.patience
      if await pulse.sleep(until: next) { next = .now }
      while !Task.isCancelled {
        await publish(confirmations: &confirmations)
        let now = ContinuousClock.now
        next = max(next + interval, now)
        if await pulse.sleep(until: next) { next = .now }
      }
      confirmations.cancelAll()
    }
  }

  private func publish(confirmations: inout DiscardingTaskGroup) async {
    let connection = uplink.connectionID
    if let connection { sendWaiting(on: connection) }
    let snapshot = await sampler.snapshot()
    note(problems: snapshot.problems)
    defer { observe(snapshot) }
    let limit = PayloadLimits.bytes(of: .telemetry, messageLimit: uplink.maximumPayload)
    let payload = snapshot.payload(within: limit)
    note(omitted: payload.omitted, limit: limit)
    let message = writer.envelope(.telemetry, payload: payload.json)
    let dropped = state.withLock { $0.ring.append(message, at: .now) }
    losses.add(dropped)
    guard let connection = uplink.connectionID, let last = sendWaiting(on: connection) else { return }
    let isFirst = state.withLock { state in
      defer { state.announcedConnection = connection }
      return state.announcedConnection != connection
    }
    logger.log(
      level: isFirst ? .info : .debug, "telemetry published",
      metadata: ["bytes": .stringConvertible(message.count)])
    confirmations.addTask { await self.confirm(upTo: last, on: connection) }
  }

  /// Sends what this connection has not seen yet.
  ///
  /// - Returns: The number of the newest that was sent; nil when nothing was.
  @discardableResult
  private func sendWaiting(on connection: UInt64) -> UInt64? {
    var newest: UInt64?
    for entry in state.withLock({ $0.ring.unsent(on: connection) }) {
      do {
        try uplink.publish(entry.message, to: subjects.events)
        try uplink.publish(entry.message, to: subjects.telemetry)
        state.withLock { $0.ring.markSent(entry.number, on: connection) }
        newest = entry.number
      } catch .disconnected, .congested {
        // It stays in the ring for the next time.
        break
      } catch {
        logger.error("telemetry not published", metadata: ["reason": "\(error)"])
        state.withLock { $0.ring.discard(entry.number) }
        losses.add(1)
      }
    }
    return newest
  }

  /// Waits for the server to confirm what was sent up to now. Without that it stays in the ring for the next connection.
  private func confirm(upTo number: UInt64, on connection: UInt64) async {
    do {
      try await uplink.flush(on: connection)
      state.withLock { $0.ring.confirm(upTo: number, on: connection) }
    } catch {
      logger.debug("telemetry not confirmed", metadata: ["reason": "\(error)"])
    }
  }

  /// Logs that lists are cut: when other lists are than before, and once an hour.
  private func note(omitted: JSONObject, limit: Int) {
    let lists = omitted.members.map(\.key)
    let isNews = state.withLock { state in
      if let last = state.omitted, last.lists == lists, .now - last.loggedAt < Self.logPause { return false }
      state.omitted = lists.isEmpty ? nil : (lists, .now)
      return !lists.isEmpty
    }
    guard isNews else { return }
    let counts = omitted.members.map { "\($0.value.integerValue ?? 0) of \($0.key)" }
    logger.warning(
      "telemetry is too large, entries are left out",
      metadata: ["omitted": "\(counts.joined(separator: ", "))", "limit_bytes": .stringConvertible(limit)])
  }

  private func note(problems: [MetricsError]) {
    let texts = Set(problems.map { "\($0)" })
    let new = state.withLock { state in
      defer { state.problems = texts }
      return texts.subtracting(state.problems)
    }
    for text in new.sorted() {
      logger.warning("a part of the telemetry is missing", metadata: ["reason": "\(text)"])
    }
  }
}
