import AgentProtocol
import Encoding
import HostControl
import JSON

@testable import AgentCore

/// Drives a policy with recorded events and a manual clock, and answers its actions.
struct PolicyRig {
  var policy: AutohealPolicy
  /// The traits of services. Others are enabled and simple.
  var traits: [String: ServiceTraits] = [:]
  /// The actions, in order, without those that were answered.
  private(set) var actions: [AutohealPolicy.Action] = []
  private(set) var now = ContinuousClock.now
  private var states: [ExactString: String] = [:]

  /// Creates a policy connected to a machine on which these services are failed.
  init(_ settings: AutohealSettings = AutohealSettings(), failed: [String] = []) {
    policy = AutohealPolicy(settings)
    connect(failed: failed)
  }

  mutating func connect(failed: [String] = []) {
    input(.event(.connected))
    for unit in failed { states[ExactString(unit)] = "failed" }
    input(.listed(failed.map { Self.service($0, "failed") }))
  }

  mutating func disconnect() {
    input(.event(.disconnected))
  }

  static func service(_ name: String, _ state: String) -> ServiceUnit {
    ServiceUnit(id: name, description: "", loadState: "loaded", activeState: state, subState: state)
  }

  static func traits(
    _ name: String, type: String = "simple", result: String = "exit-code", state: String = "failed",
    load: String = "loaded", file: String = "enabled", isTransient: Bool = false, triggeredBy: [String] = [],
    wantedBy: [String] = []
  ) -> ServiceTraits {
    ServiceTraits(
      id: name, type: type, result: result, restartSetting: "no", activeState: state, subState: state,
      loadState: load, unitFileState: file, isTransient: isTransient, triggeredBy: triggeredBy,
      wantedBy: wantedBy)
  }

  /// Plays recorded events, one a word: `failed/failed` (states), `+7` (job 7 is queued), `-7:done` (it ends),
  /// `@1.5` (1.5 seconds pass).
  mutating func play(_ script: String, on unit: String = "x.service") {
    for word in script.split(whereSeparator: \.isWhitespace) {
      switch word.first {
      case "@": pass(.milliseconds(Int((Double(word.dropFirst()) ?? 0) * 1_000)))
      case "+": input(.event(.jobQueued(unit: unit, job: UInt32(word.dropFirst()) ?? 0)))
      case "-":
        let parts = word.dropFirst().split(separator: ":")
        input(.event(.jobRemoved(unit: unit, job: UInt32(parts[0]) ?? 0, result: String(parts[1]))))
      default:
        let parts = word.split(separator: "/").map(String.init)
        states[ExactString(unit)] = parts[0]
        input(.event(.changed(unit: unit, activeState: parts[0], subState: parts[1])))
      }
    }
  }

  /// Advances the clock and handles all deadlines on the way.
  mutating func pass(_ duration: Duration) {
    let end = now + duration
    while let deadline = policy.deadline, deadline <= end {
      now = max(now, deadline)
      input(.timePassed)
    }
    now = end
  }

  mutating func input(_ input: AutohealPolicy.Input) {
    for action in policy.handle(input, at: now) {
      guard case .inspect(let unit) = action else {
        if action != .list { actions.append(action) }
        continue
      }
      var found = traits[unit] ?? Self.traits(unit)
      if states[ExactString(unit)] != "failed" {
        found = Self.traits(unit, state: states[ExactString(unit)] ?? "inactive")
      }
      self.input(.inspected(unit, .success(found)))
    }
  }

  /// The actions since the last call, in short form.
  mutating func taken() -> [String] {
    defer { actions = [] }
    return actions.map { action in
      switch action {
      case .list: "list"
      case .inspect(let unit): "inspect \(unit)"
      case .restart: "restart"
      case .raise(let alert): alert.code
      case .log: "log"
      }
    }
  }

  /// The alerts since the last call.
  mutating func reasons() -> [String] {
    defer { actions = [] }
    return actions.map { action in
      guard case .raise(let alert) = action else { return "\(action)" }
      return alert.details["not_restarted"]?.stringValue ?? alert.code
    }
  }
}
