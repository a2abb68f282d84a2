import Clocks
import JetStream
import Locks
public import Logging

/// The health of this instance: whether JetStream stores messages, and whether the clock agrees with the servers.
public final class InstanceHealth: Sendable {
  private struct State {
    var clock: ClockAgreement
    var store: String?
    /// The last error of the audit record; nil once it confirms an entry.
    var audit: JetStreamError?
    /// Whether the next probe writes to every stream.
    var isSuspect = false
    /// When the store failed first, in monotonic seconds.
    var storeFailedAt = 0.0
    var storeLoggedAt = 0.0
    var observers: [UInt64: AsyncStream<Bool>.Continuation] = [:]
    var nextObserver: UInt64 = 0
  }

  /// The time between two log lines about the same problem, in seconds.
  private static let logPeriod = 60.0

  private let state: Locked<State>
  private let logger: Logger
  private let probes: AsyncStream<Void>
  private let probe: AsyncStream<Void>.Continuation

  /// Creates a healthy instance.
  public convenience init(logger: Logger) {
    // Two rounds of answers have to agree.
    self.init(clockConfirmation: 4, logger: logger)
  }

  /// - Parameter clockConfirmation: For how long servers must report a wrong clock, in seconds.
  init(clockConfirmation: Double, logger: Logger) {
    self.logger = logger
    state = Locked(State(clock: ClockAgreement(confirmedFor: clockConfirmation)))
    (probes, probe) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: Problems

  /// Why JetStream stores no messages, in one line; nil while it does.
  var storeProblem: String? { state.withLock { $0.store } }

  /// The problem of the clock in one line; nil while it agrees.
  var clockProblem: String? { state.withLock { $0.clock.problem } }

  /// The offset of the clock in seconds, positive when it is ahead; nil before a server has answered.
  var clockOffset: Double? { state.withLock { $0.clock.offset } }

  /// All problems, a line each.
  var problems: [String] { state.withLock { [$0.clock.problem, $0.store].compactMap { $0 } } }

  // MARK: The store

  /// Records that JetStream stored a message.
  func stored() {
    let failedAt = state.withLock { state -> Double? in
      guard state.store != nil else { return nil }
      state.store = nil
      return state.storeFailedAt
    }
    guard let failedAt else { return }
    logger.notice(
      "JetStream stores messages again",
      metadata: ["after_s": "\(Int(BootClock.now - failedAt))"])
  }

  /// Records that JetStream stores no messages.
  func notStored(_ problem: String) {
    let now = BootClock.now
    let isDue = state.withLock { state in
      if state.store == nil { state.storeFailedAt = now }
      let isNews = state.store != problem || now - state.storeLoggedAt >= Self.logPeriod
      state.store = problem
      if isNews { state.storeLoggedAt = now }
      return isNews
    }
    if isDue { logger.error("JetStream stores no messages", metadata: ["reason": "\(problem)"]) }
  }

  /// Requests a probe of every stream after a failed write.
  func suspectStore() {
    state.withLock { $0.isSuspect = true }
    probe.yield()
  }

  /// Records whether the audit record confirmed an entry.
  func audit(_ error: JetStreamError?) {
    state.withLock { $0.audit = error }
    if error != nil { suspectStore() }
  }

  /// Probes whether JetStream stores messages, until the task is cancelled: every 5 s, every 2 s while it does not.
  func watchStore(_ prober: StoreProbe) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.tick() }
      group.addTask { await self.probeStore(prober) }
      await group.waitForAll()
    }
  }

  private func probeStore(_ prober: StoreProbe) async {
    var failedBefore = false
    for await _ in probes {
      let isSuspect = state.withLock { $0.isSuspect || $0.store != nil }
      var failures = isSuspect ? [:] : await prober.write()
      if isSuspect || !failures.isEmpty {
        failures = await prober.writeToAll()
        if let error = state.withLock({ $0.audit }) { failures[PlatformStorage.auditStream] = error }
      }
      if Task.isCancelled { return }
      guard let problem = StoreProblem.text(failures) else {
        failedBefore = false
        state.withLock { $0.isSuspect = $0.audit != nil }
        stored()
        continue
      }
      state.withLock { $0.isSuspect = true }
      // A single failure may be an election.
      if failedBefore || failures.values.contains(where: StoreProblem.isCertain) { notStored(problem) }
      failedBefore = true
    }
  }

  private func tick() async {
    while !Task.isCancelled {
      probe.yield()
      let isSuspect = state.withLock { $0.isSuspect || $0.store != nil }
      do { try await Task.sleep(for: .seconds(isSuspect ? 2 : 5)) } catch { return }
    }
  }

  // MARK: The clock

  /// Processes a server's time; see ``ClockAgreement``.
  func observe(server: String, sent: Double, received: Double, time: Double) {
    let now = BootClock.now
    let change = state.withLock { state -> (ClockAgreement, [AsyncStream<Bool>.Continuation])? in
      let before = state.clock.agrees
      state.clock.observe(server: server, sent: sent, received: received, time: time, now: now)
      guard state.clock.agrees != before else { return nil }
      return (state.clock, Array(state.observers.values))
    }
    guard let (clock, observers) = change else { return }
    if let problem = clock.problem {
      logger.error("clock", metadata: ["reason": "\(problem)", "offset_s": "\(Int(clock.offset ?? 0))"])
    } else {
      logger.notice("the clock agrees with the servers' again: this instance accepts requests")
    }
    for observer in observers { observer.yield(clock.agrees) }
  }

  /// Runs `body` whenever the clock agrees, and cancels it while it does not. Returns when `body` returns by itself,
  /// or the task is cancelled.
  func whileClockAgrees(_ body: @escaping @Sendable () async throws -> Void) async throws {
    while !Task.isCancelled {
      await waitUntilClock(agrees: true)
      if Task.isCancelled { return }
      let hasEnded = try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          try await body()
          return true
        }
        group.addTask {
          await self.waitUntilClock(agrees: false)
          return false
        }
        defer { group.cancelAll() }
        return try await group.next() ?? true
      }
      if hasEnded { return }
    }
  }

  /// Waits until the clock agrees or disagrees, or the task is cancelled.
  private func waitUntilClock(agrees wanted: Bool) async {
    let (changes, continuation) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.nextObserver += 1
      state.observers[state.nextObserver] = continuation
      continuation.yield(state.clock.agrees)
      return state.nextObserver
    }
    defer { _ = state.withLock { $0.observers.removeValue(forKey: id) } }
    for await agrees in changes where agrees == wanted { return }
  }
}
