import AgentProtocol
import Encoding
import HostControl

/// The restart policy for failed services: inputs in, actions out. No I/O, no clock.
///
/// A failure that persists for ``settleTime`` is inspected and reported. If the rules permit it, the service is restarted after a
/// delay that doubles with each attempt, up to a maximum number of attempts. Manual changes to the service take precedence.
///
/// systemd does not report the type of a job. Failures caused by a stop are recognised as follows (observed with systemd 252):
/// - a crash: the unit enters `failed` without a job;
/// - a failed start: the job ends `failed` or `timeout` right afterwards;
/// - a stop that fails or times out: the job ends `done` right afterwards, although the unit is `failed`. If the job was cancelled,
///   the unit entered `deactivating` during the job;
/// - a restart whose stop fails: the unit enters `failed` during the job, and leaves it by itself.
///
/// systemd reports each state change of a unit before the end of the job that caused it.
struct AutohealPolicy: Sendable {
  /// An input of the policy.
  enum Input: Sendable {
    /// An event from systemd.
    case event(UnitEvent)
    /// The result of ``Action/list``.
    case listed([ServiceUnit])
    /// The result of ``Action/inspect(_:)``.
    case inspected(String, Result<ServiceTraits, SystemdError>)
    /// The result of ``Action/restart(_:)``: the result of the job.
    case restarted(String, Result<String, SystemdError>)
    /// The job of ``Action/restart(_:)`` exceeded the time limit and is no longer awaited.
    case restartUnfinished(String)
    /// The configuration was reloaded.
    case configured(AutohealSettings)
    /// ``AutohealPolicy/deadline`` has passed.
    case timePassed
  }

  /// An action to carry out.
  enum Action: Sendable, Equatable {
    /// List the services.
    case list
    /// Look up the traits of a service.
    case inspect(String)
    /// Reset the failures of a service and start it.
    case restart(String)
    /// Raise an alert.
    case raise(AlertPayload)
    /// Log a message.
    case log(String, unit: String)
  }

  /// The time for which a failure must persist.
  static let settleTime = Duration.milliseconds(500)
  /// The run time after which a restarted service counts as recovered.
  static let probation = Duration.seconds(30)
  /// The window over which restarts are counted. A service that has run this long starts afresh.
  static let window = Duration.seconds(600)
  /// The upper limit of growing delays.
  static let longestDelay = Duration.seconds(300)
  /// The number of concurrent restarts.
  static let maximumStarting = 4
  /// The number of tracked services.
  static let maximumWatches = 1_024
  /// The number of tracked jobs of one service.
  static let maximumJobs = 16
  /// The time without an event after which a job or a state transition counts as ended.
  static let longestJob = Duration.seconds(1_800)
  /// The time after which a service with a reported failure is no longer tracked, if it neither fails nor recovers.
  static let longestRecovery = Duration.seconds(86_400)

  var rules: AutohealRules
  var settings: AutohealSettings
  var watches = UnitTable()
  var actions: [Action] = []
  /// Whether the earlier failures are known, so that a unit in `failed` is a new failure.
  private var isListed = false
  private var isFull = false

  /// Creates a policy that tracks no service.
  init(_ settings: AutohealSettings) {
    self.settings = settings
    rules = AutohealRules(settings)
  }

  /// The time at which ``Input/timePassed`` is due, unless another input precedes it.
  var deadline: ContinuousClock.Instant? {
    let hasCapacity = hasCapacity
    return watches.records.values.lazy.compactMap { watch in
      if case .waiting = watch.phase, !hasCapacity { return nil }
      return watch.deadline
    }.min()
  }

  /// Whether another restart may begin now.
  private var hasCapacity: Bool {
    watches.records.values.lazy.filter { $0.phase == .starting || $0.phase == .checking }.count
      < Self.maximumStarting
  }

  /// Handles an input.
  ///
  /// - Returns: The actions to carry out, in order.
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

  // MARK: Events

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

  /// Discards pending decisions when events may have been lost. A unit that is failed afterwards is not restarted.
  private mutating func loseEvents() {
    isListed = false
    for (key, var watch) in watches.records {
      let unit = key.text
      watch.removeJobs()
      watch.isBeingStopped = false
      switch watch.phase {
      case .settling, .inspecting:
        watch.phase = .quiet
      case .waiting, .checking:
        watch.phase = .down(reason: "the system bus was away", reportAt: nil)
        actions.append(.log("restart cancelled, the system bus was disconnected", unit: unit))
      default: break
      }
      watches[unit] = watch.isRemovable ? nil : watch
    }
  }

  private mutating func handle(_ services: [ServiceUnit], _ now: ContinuousClock.Instant) {
    let states = Dictionary(services.map { (ExactString($0.id), $0.activeState) }) { first, _ in first }
    for unit in watches.records.keys.sorted() {
      change(unit.text, UnitState(states[unit] ?? "inactive"), now)
    }
    for service in services.sorted(by: { ExactString($0.id) < ExactString($1.id) })
    where service.activeState == "failed" {
      change(service.id, .failed, now)
      guard watches[service.id]?.phase == .quiet else { continue }
      update(service.id) { $0.failedAt = now }
      skipRestart(service.id, cause: nil, reason: "it failed before the agent watched it", now)
    }
    isListed = true
  }

  private mutating func change(_ unit: String, _ state: UnitState, _ now: ContinuousClock.Instant) {
    // A healthy unit without a record is not tracked.
    guard watches[unit] != nil || (state != .active && state != .inactive) else { return }
    let isObserved = isListed
    update(unit) { watch in
      let previous = watch.state
      guard previous != state else { return }
      watch.enter(state, now)
      watch.record(state, after: previous, now)
      if state == .failed {
        watch.enterFailed(isObserved: isObserved, now)
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
      // Only a stop job ends `done` while the unit is not running. A try-restart without an effect looks the same.
      watch.isBeingStopped = true
      switch watch.phase {
      case .waiting, .checking:
        watch.phase = .down(reason: "it was stopped", reportAt: nil)
        isCalledOff = true
      default: break
      }
    }
    if isCalledOff { actions.append(.log("restart cancelled, the unit was stopped", unit: unit)) }
  }

  /// Changes the record of a unit, and removes it when it is no longer needed.
  mutating func update(_ unit: String, _ body: (inout UnitWatch) -> Void) {
    guard !AutohealRules.isOwn(unit) else { return }
    if watches[unit] == nil, watches.count >= Self.maximumWatches, !evictOldest() {
      if !isFull { actions.append(.log("too many failed units, not all are watched", unit: unit)) }
      isFull = true
      return
    }
    var watch = watches[unit] ?? UnitWatch()
    body(&watch)
    watches[unit] = watch.isRemovable ? nil : watch
  }

  /// Removes the least recently changed unit that has not failed. It is tracked again after a failure.
  private mutating func evictOldest() -> Bool {
    let expendable = watches.records.lazy.filter { $0.value.phase == .quiet && $0.value.state != .failed }
    let oldest = expendable.min { first, second in
      guard let one = first.value.lastEventAt, let other = second.value.lastEventAt else {
        return first.value.lastEventAt == nil && second.value.lastEventAt != nil
      }
      return one < other
    }
    guard let oldest else { return false }
    watches[oldest.key.text] = nil
    return true
  }

  // MARK: Deadlines

  private mutating func advance(_ now: ContinuousClock.Instant) {
    let due = watches.records.filter { _, watch in watch.deadline.map { $0 <= now } ?? false }
      .sorted { ($0.value.deadline ?? now, $0.key) < ($1.value.deadline ?? now, $1.key) }
    for (key, watch) in due {
      let unit = key.text
      update(unit) { $0.removeExpiredJobs(now) }
      switch watch.phase {
      case .settling:
        update(unit) { $0.phase = .inspecting }
        actions.append(.inspect(unit))
      case .waiting: check(unit)
      case .concluding(let outcome, _): conclude(unit, outcome, now)
      case .recovering(.some): recover(unit, now)
      case .down(let reason, .some): skipRestart(unit, cause: nil, reason: reason, now)
      case .watching: removeIfSettled(unit, now)
      case .quiet, .recovering(nil), .down(_, nil): watches[unit] = nil
      case .inspecting, .checking, .starting: break
      }
    }
  }

  /// Inspects a unit again before its restart, as its traits may have changed during the delay.
  private mutating func check(_ unit: String) {
    if let objection = rules.objection(to: unit) {
      update(unit) { $0.phase = .down(reason: objection, reportAt: nil) }
      actions.append(.log("restart cancelled, \(objection)", unit: unit))
      return
    }
    guard hasCapacity else { return }
    update(unit) { $0.phase = .checking }
    actions.append(.inspect(unit))
  }
}
