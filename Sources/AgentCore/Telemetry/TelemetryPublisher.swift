import AgentProtocol
import Clocks
import HostMetrics
import JSON
import LinuxMetrics
import Locks
import Logging

/// Takes a snapshot of the machine at each interval and publishes it. During an outage, snapshots are kept and published in order
/// after the next connect.
final class TelemetryPublisher: Sendable {
  private let sampler: TelemetrySampler
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let subjects: AgentSubjects
  private let losses: LossCounter
  private let observe: @Sendable (Snapshot) -> Void
  private let logger: Logger
  private let timer = WakeableTimer()
  private let state: Locked<State>

  private struct State {
    var interval: Duration
    var ring = TelemetryRing()
    var announcedConnection: UInt64?
    var problems: Set<String> = []
    var omitted: (lists: [String], loggedAt: ContinuousClock.Instant)?
  }

  /// The maximum time that the first snapshot waits for a connection.
  private static let connectTimeout = Duration.seconds(1)

  /// The time between two log lines about the same truncated lists.
  private static let logPause = Duration.seconds(3600)

  /// - Parameter observe: Called with each snapshot, after it was sent or kept.
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

  /// The time between two snapshots. A new value takes effect immediately, with a snapshot.
  var interval: Duration {
    get { state.withLock { $0.interval } }
    set {
      state.withLock { $0.interval = newValue }
      timer.signal()
    }
  }

  /// Publishes the kept snapshots on a new connection, then a new one.
  func connected() {
    timer.signal()
  }

  /// Publishes until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { confirmations in
      // A snapshot shortly before the first connection would leave too short an interval for the rates of the one after it.
      var next = ContinuousClock.now + Self.connectTimeout
      if await timer.sleep(until: next) { next = .now }
      while !Task.isCancelled {
        await publish(confirmations: &confirmations)
        let now = ContinuousClock.now
        next = max(next + interval, now)
        if await timer.sleep(until: next) { next = .now }
      }
      confirmations.cancelAll()
    }
  }

  private func publish(confirmations: inout DiscardingTaskGroup) async {
    let connection = uplink.connectionID
    if let connection { sendUnsent(on: connection) }
    let snapshot = await sampler.snapshot()
    log(problems: snapshot.problems)
    defer { observe(snapshot) }
    let limit = PayloadLimits.bytes(of: .telemetry, messageLimit: uplink.maximumPayload)
    let payload = snapshot.payload(within: limit)
    log(omitted: payload.omitted, limit: limit)
    let message = writer.envelope(.telemetry, payload: payload.json, timestamp: UnixTime.now)
    let dropped = state.withLock { $0.ring.append(message, at: .now) }
    losses.add(dropped)
    guard let connection = uplink.connectionID, let last = sendUnsent(on: connection) else { return }
    let isFirst = state.withLock { state in
      defer { state.announcedConnection = connection }
      return state.announcedConnection != connection
    }
    logger.log(
      level: isFirst ? .info : .debug, "telemetry published",
      metadata: ["bytes": .stringConvertible(message.count)])
    confirmations.addTask { await self.confirm(upTo: last, on: connection) }
  }

  /// Sends the snapshots that were not sent on this connection.
  ///
  /// - Returns: The number of the last one that was sent; nil when none was.
  @discardableResult
  private func sendUnsent(on connection: UInt64) -> UInt64? {
    var newest: UInt64?
    for entry in state.withLock({ $0.ring.unsent(on: connection) }) {
      do {
        try uplink.publish(entry.message, to: subjects.events)
        try uplink.publish(entry.message, to: subjects.telemetry)
        state.withLock { $0.ring.markSent(entry.number, on: connection) }
        newest = entry.number
      } catch .disconnected, .congested {
        // Kept in the ring and sent again later.
        break
      } catch {
        logger.error("telemetry not published", metadata: ["reason": "\(error)"])
        state.withLock { $0.ring.discard(entry.number) }
        losses.add(1)
      }
    }
    return newest
  }

  /// Waits until the server confirms the snapshots sent so far. Without confirmation they are sent again on the next connection.
  private func confirm(upTo number: UInt64, on connection: UInt64) async {
    do {
      try await uplink.flush(on: connection)
      state.withLock { $0.ring.confirm(upTo: number, on: connection) }
    } catch {
      logger.debug("telemetry not confirmed", metadata: ["reason": "\(error)"])
    }
  }

  /// Logs truncated lists: when they change, and once an hour.
  private func log(omitted: JSONObject, limit: Int) {
    let lists = omitted.members.map(\.key)
    let isDue = state.withLock { state in
      if let last = state.omitted, last.lists == lists, .now - last.loggedAt < Self.logPause { return false }
      state.omitted = lists.isEmpty ? nil : (lists, .now)
      return !lists.isEmpty
    }
    guard isDue else { return }
    let counts = omitted.members.map { "\($0.value.integerValue ?? 0) of \($0.key)" }
    logger.warning(
      "telemetry is too large, entries are left out",
      metadata: ["omitted": "\(counts.joined(separator: ", "))", "limit_bytes": .stringConvertible(limit)])
  }

  /// Logs problems that the previous snapshot did not have.
  private func log(problems: [MetricsError]) {
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
