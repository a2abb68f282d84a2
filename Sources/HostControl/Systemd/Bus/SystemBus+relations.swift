import Encoding

extension SystemBus {
  /// The most units of which dependencies are queried.
  private static var relationLimit: Int { 256 }

  /// The effect of a unit on the service that this process belongs to.
  ///
  /// - Parameter unit: The real name, not an alias.
  func relationToOwnUnit(of unit: String) async throws(SystemdError) -> OwnUnitRelation {
    guard let own = ControlGroups.ownService() else { return .none }
    if own.hasSameBytes(as: unit) { return .same }
    // systemd knows the inverse of these dependencies only after it has loaded the unit.
    let call = BusCall.allProperties(of: "Unit", on: unit, to: "query \(unit)")
    let effects = try await self.call(call) { reader throws(BusReadFailure) in
      try reader.properties(["Conflicts", "PropagatesStopTo"])
    }
    let conflicts = Set((effects["Conflicts"]?.strings ?? []).map { ExactString($0) })
    let stopped = Set((effects["PropagatesStopTo"]?.strings ?? []).map { ExactString($0) })
    var known: Set = [ExactString(own)]
    var next = [ExactString(own)]
    while !next.isEmpty, known.count < Self.relationLimit {
      if !stopped.isDisjoint(with: next) { return .required }
      if !conflicts.isDisjoint(with: next) { return .conflicting }
      let calls: [BusCall] = next.map { .allProperties(of: "Unit", on: $0.text, to: "query \($0)") }
      let answers = try await self.calls(calls) { _, reader throws(BusReadFailure) in
        try reader.properties(Self.requiring.union(Self.conflicting))
      }
      next = []
      for answer in answers {
        // A unit that is no longer loaded has no effect.
        guard case .success(let values) = answer else { continue }
        let named = { (names: Set<String>) in
          names.flatMap { values[$0]?.strings ?? [] }.map { ExactString($0) }
        }
        if named(Self.requiring).contains(ExactString(unit)) { return .required }
        if named(Self.conflicting).contains(ExactString(unit)) { return .conflicting }
        next += named(Self.requiring).filter { known.insert($0).inserted }
      }
    }
    guard next.isEmpty else {
      throw SystemdError(
        .refused,
        "whether \(unit) would stop the agent cannot be decided: it depends on more than \(Self.relationLimit) units"
      )
    }
    return .none
  }

  /// Dependencies by which a stop or restart of the other unit stops or restarts this one.
  private static var requiring: Set<String> {
    ["Requires", "Requisite", "BindsTo", "PartOf", "StopPropagatedFrom"]
  }

  /// Dependencies by which a start of the other unit stops this one.
  private static var conflicting: Set<String> { ["Conflicts", "ConflictedBy"] }
}

/// The effect of a unit on the service that this process belongs to.
public enum OwnUnitRelation: Sendable, Equatable {
  /// No effect, or this process belongs to no service.
  case none
  /// The unit is that service.
  case same
  /// Stopping or restarting the unit also stops or restarts that service, which depends on it directly or indirectly
  /// (systemd.unit(5): Requires=, Requisite=, BindsTo=, PartOf=, StopPropagatedFrom=).
  case required
  /// Starting the unit stops that service (Conflicts=).
  case conflicting
}
