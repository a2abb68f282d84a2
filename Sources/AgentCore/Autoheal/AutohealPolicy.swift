import AgentProtocol
import HostControl

/// Decides what becomes of services that fail: a pure value. What happens goes in, what is to be done comes out.
///
/// A failure that lasts for a moment is looked into; it is told; and if the rules allow it, the service is restarted after a
/// delay that doubles each time, so often and no more. What somebody does to the service meanwhile wins.
///
/// How a failure that a stop caused is told from others, as systemd does not say what kind a job is (seen with systemd 252):
/// - a crash: `failed` comes while no job is there;
/// - a start that fails: the job ends `failed` or `timeout` right after;
/// - a stop that fails or takes too long: the job ends `done` right after, although the unit is `failed`; when the job was
///   cancelled on the way, the unit went to `deactivating` while it was there;
/// - a restart whose stop part fails: `failed` while the job goes on, and the unit leaves it by itself.
/// systemd tells each change of a unit before the end of the job that brought it about.
struct AutohealPolicy: Sendable {
  /// What happens.
  enum Input: Sendable {
    /// systemd told something.
    case event(UnitEvent)
    /// The answer to ``Action/list``.
    case listed([ServiceUnit])
    /// The answer to ``Action/inspect(_:)``.
    case inspected(String, Result<ServiceTraits, SystemdError>)
    /// What became of ``Action/restart(_:)``: the job's result.
    case restarted(String, Result<String, SystemdError>)
    /// The job of ``Action/restart(_:)`` takes so long that nobody waits for it any more.
    case restartUnfinished(String)
    /// The configuration was read again.
    case configured(AutohealSettings)
    /// Nothing: ``AutohealPolicy/deadline`` has passed.
    case timePassed
  }

  /// What is to be done.
  enum Action: Sendable, Equatable {
    /// List the services.
    case list
    /// Look up what a service is.
    case inspect(String)
    /// Forget a service's failures and start it.
    case restart(String)
    /// Tell the platform.
    case raise(AlertPayload)
    /// Tell the log.
    case log(String, unit: String)
  }

  /// A failure counts when it has lasted this long.
  static let settleTime = Duration.milliseconds(500)
  /// A service that was restarted has recovered when it has run this long.
  static let probation = Duration.seconds(30)
  /// Restarts are counted over this time; a service that has run this long is as good as new.
  static let window = Duration.seconds(600)
  /// Delays grow up to this.
  static let longestDelay = Duration.seconds(300)
  /// So many services are restarted at a time.
  static let maximumStarting = 4
  /// So many services are remembered.
  static let maximumWatches = 1_024
  /// So many jobs of one service are remembered.
  static let maximumJobs = 16
  /// A job, or a way from one state to another, of which nothing was heard for this long is taken to be over.
  static let longestJob = Duration.seconds(1_800)
  /// A service whose failure was told and that is neither failed nor well is forgotten after this time.
  static let longestRecovery = Duration.seconds(86_400)

  var rules: AutohealRules
  var settings: AutohealSettings
  var watches: [String: UnitWatch] = [:]
  var actions: [Action] = []
  /// What was failed before is known: `failed` is news from here on.
  private var isListed = false
  private var isFull = false

  /// A policy that knows of no service yet.
  init(_ settings: AutohealSettings) {
    self.settings = settings
    rules = AutohealRules(settings)
  }

  /// When ``Input/timePassed`` is due, unless something else happens before.
  var deadline: ContinuousClock.Instant? {
    let hasRoom = hasRoom
    return watches.values.lazy.compactMap { watch in
      if case .waiting = watch.phase, !hasRoom { return nil }
      return watch.deadline
    }.min()
  }

  /// Whether one more service may be restarted now.
  private var hasRoom: Bool {
    watches.values.lazy.filter { $0.phase == .starting || $0.phase == .checking }.count < Self.maximumStarting
  }

  /// Takes in what happens.
  ///
  /// - Returns: What is to be done, in this order.
  mutating func handle(_ input: Input, at now: ContinuousClock.Instant) -> [Action] {
    switch input {
    case .event(let event): handle(event, now)
    case .listed(let services): handle(services, now)
    case .inspected(let unit, let result): handle(unit, inspected: result, now)
    case .restarted(let unit, let result): handle(unit, restarted: result, now)
    case .restartUnfinished(let unit):
      if watches[unit]?.phase == .starting {
        update(unit) { $0.phase = .concluding(.unfinished, until: now + Self.settleTime) }
      }
    case .configured(let settings):
      self.settings = settings
      rules = AutohealRules(settings)
    case .timePassed: break
    }
    advance(now)
    defer { actions = [] }
    return actions
  }

  // MARK: What systemd tells

  private mutating func handle(_ event: UnitEvent, _ now: ContinuousClock.Instant) {
    switch event {
    case .connected:
      loseEvents()
      actions.append(.list)
    case .disconnected:
      loseEvents()
    case .changed(let unit, let activeState, _):
      change(unit, UnitState(activeState), now)
    case .jobQueued(let unit, let job):
      update(unit) { $0.begin(job, now) }
    case .jobRemoved(let unit, let job, let result):
      guard watches[unit] != nil else { return }
      end(job, of: unit, result, now)
    }
  }

  /// What is not seen cannot be respected: whatever is failed when events come again is left alone.
  private mutating func loseEvents() {
    isListed = false
    for (unit, var watch) in watches {
      watch.forgetJobs()
      watch.isBeingStopped = false
      switch watch.phase {
      case .settling, .inspecting:
        watch.phase = .quiet
      case .waiting, .checking:
        watch.phase = .down(reason: "the system bus was away", reportAt: nil)
        actions.append(.log("restart called off, the system bus was away", unit: unit))
      default: break
      }
      watches[unit] = watch.isForgettable ? nil : watch
    }
  }

  private mutating func handle(_ services: [ServiceUnit], _ now: ContinuousClock.Instant) {
    let states = Dictionary(services.map { ($0.id, $0.activeState) }) { first, _ in first }
    for unit in watches.keys.sorted() { change(unit, UnitState(states[unit] ?? "inactive"), now) }
    for service in services.sorted(by: { $0.id < $1.id }) where service.activeState == "failed" {
      change(service.id, .failed, now)
      guard watches[service.id]?.phase == .quiet else { continue }
      update(service.id) { $0.failedAt = now }
      skipRestart(service.id, cause: nil, reason: "it failed before the agent watched it", now)
    }
    isListed = true
  }

  private mutating func change(_ unit: String, _ state: UnitState, _ now: ContinuousClock.Instant) {
    // One that is well and was well needs no memory.
    guard watches[unit] != nil || (state != .active && state != .inactive) else { return }
    let isNews = isListed
    update(unit) { watch in
      let previous = watch.state
      guard previous != state else { return }
      watch.enter(state, now)
      watch.record(state, after: previous, now)
      if state == .failed {
        watch.enterFailed(isNews: isNews, now)
      } else {
        watch.leaveFailed(now, previous: previous)
      }
    }
  }

  private mutating func end(
    _ job: UInt32, of unit: String, _ result: String, _ now: ContinuousClock.Instant
  ) {
    var isCalledOff = false
    update(unit) { watch in
      watch.end(job, now)
      guard watch.state == .failed || watch.state == .inactive else { return }
      guard result == "done" || result == "canceled" else {
        watch.isBeingStopped = false
        if case .settling = watch.phase { watch.phase = .settling(until: now + Self.settleTime) }
        return
      }
      // Only a stop is done with a unit that is not running; a try-restart of it, which does nothing, looks the same.
      watch.isBeingStopped = true
      switch watch.phase {
      case .waiting, .checking:
        watch.phase = .down(reason: "it was stopped", reportAt: nil)
        isCalledOff = true
      default: break
      }
    }
    if isCalledOff { actions.append(.log("restart called off, the unit was stopped", unit: unit)) }
  }

  /// Changes what is remembered of a service; forgets it when nothing is left to remember.
  mutating func update(_ unit: String, _ body: (inout UnitWatch) -> Void) {
    guard !AutohealRules.isOwn(unit) else { return }
    if watches[unit] == nil, watches.count >= Self.maximumWatches, !makeRoom() {
      if !isFull { actions.append(.log("too many failed units, not all are watched", unit: unit)) }
      isFull = true
      return
    }
    var watch = watches[unit] ?? UnitWatch()
    body(&watch)
    watches[unit] = watch.isForgettable ? nil : watch
  }

  /// Forgets one that only has a job or is on its way, the one that was silent longest. It is watched again when it fails.
  private mutating func makeRoom() -> Bool {
    let expendable = watches.lazy.filter { $0.value.phase == .quiet && $0.value.state != .failed }
    let oldest = expendable.min { first, second in
      guard let one = first.value.lastEventAt, let other = second.value.lastEventAt else {
        return first.value.lastEventAt == nil && second.value.lastEventAt != nil
      }
      return one < other
    }
    guard let oldest else { return false }
    watches[oldest.key] = nil
    return true
  }

  // MARK: What time brings

  private mutating func advance(_ now: ContinuousClock.Instant) {
    let due = watches.filter { _, watch in watch.deadline.map { $0 <= now } ?? false }
      .sorted { ($0.value.deadline ?? now, $0.key) < ($1.value.deadline ?? now, $1.key) }
    for (unit, watch) in due {
      update(unit) { $0.forgetOldJobs(now) }
      switch watch.phase {
      case .settling:
        update(unit) { $0.phase = .inspecting }
        actions.append(.inspect(unit))
      case .waiting: check(unit)
      case .concluding(let outcome, _): conclude(unit, outcome, now)
      case .recovering(.some): recover(unit, now)
      case .down(let reason, .some): skipRestart(unit, cause: nil, reason: reason, now)
      case .watching: forget(unit, now)
      case .quiet, .recovering(nil), .down(_, nil): watches[unit] = nil
      case .inspecting, .checking, .starting: break
      }
    }
  }

  /// A restart is due. What the service is was looked up before the wait, so it is looked up again.
  private mutating func check(_ unit: String) {
    if let objection = rules.objection(to: unit) {
      update(unit) { $0.phase = .down(reason: objection, reportAt: nil) }
      actions.append(.log("restart called off, \(objection)", unit: unit))
      return
    }
    guard hasRoom else { return }
    update(unit) { $0.phase = .checking }
    actions.append(.inspect(unit))
  }
}
