import Encoding

/// The state of the fleet, folded from the events of its agents. No clock, no I/O.
///
/// Folding an event again changes nothing, so the stream may be replayed from any earlier sequence.
struct FleetFold: Sendable {
  /// The effect of an event beyond the state.
  enum Consequence: Sendable, Equatable {
    /// No further effect.
    case none
    /// The agent published its capabilities: it has connected or reconnected.
    case announced
    /// The agent is alive.
    case heartbeat
    /// The agent is alive, and a duplicate identity is suspected for the first time.
    case cloneSuspected(evidence: String)
    /// The agent published the result of a command.
    case result(AgentEvent.Result)
  }

  /// The changes that have to be written.
  struct Changes: Sendable {
    var states: [AgentState]
    /// Capabilities payloads by uuid.
    var announcements: [String: [UInt8]]
    /// The states include all events up to this sequence.
    var sequence: UInt64
  }

  private struct WrittenState: Sendable {
    var state: AgentState
    /// The time at which it was taken, in unix seconds.
    var at: Double
  }

  /// The states by uuid.
  private(set) var states: [String: AgentState]
  /// Capabilities payloads that were not taken yet, by uuid.
  private var announcements: [String: [UInt8]] = [:]
  private var changed: Set<String> = []
  /// The last state taken of each agent.
  private var taken: [String: WrittenState] = [:]
  /// The sequence of the last event.
  private(set) var sequence: UInt64 = 0

  /// Creates a fold that continues from stored states.
  init(states: [String: AgentState] = [:]) {
    self.states = states
  }

  /// Folds an event.
  ///
  /// - Parameters:
  ///   - uuid: The agent, by the subject.
  ///   - sequence: The stream sequence of the event.
  ///   - time: The time at which the server received it, in unix seconds.
  mutating func fold(_ event: AgentEvent, of uuid: String, sequence: UInt64, at time: Double) -> Consequence {
    self.sequence = sequence
    // A result changes no state; CommandCache knows whether it is new.
    if case .result(let result) = event { return .result(result) }
    if case .progress = event { return .none }
    // The sequences of a recreated stream start at 1 again, but its messages are newer.
    if let known = states[uuid], sequence <= known.sequence, time <= known.eventAt { return .none }
    let consequence = states[uuid, default: AgentState(uuid: uuid)].fold(event, sequence: sequence, at: time)
    if case .capabilities(let capabilities) = event {
      let digest = FNV1a.digest(capabilities.payload)
      if states[uuid]?.capabilitiesDigest != digest {
        states[uuid]?.capabilitiesDigest = digest
        announcements[uuid] = capabilities.payload
      }
    }
    changed.insert(uuid)
    return consequence
  }

  /// Skips an event without effect.
  mutating func skip(sequence: UInt64) { self.sequence = sequence }

  /// Takes the changes that have to be written at `now` (unix seconds). Figures that change with every event wait until the
  /// last state of the agent was taken `pause` seconds ago.
  mutating func takeChanges(at now: Double, pause: Double) -> Changes {
    var changes = Changes(states: [], announcements: announcements, sequence: sequence)
    announcements.removeAll()
    for uuid in changed {
      guard let state = states[uuid] else { continue }
      if let last = taken[uuid], now - last.at < pause, !state.differsSignificantly(from: last.state) {
        continue
      }
      changes.states.append(state)
    }
    for state in changes.states {
      changed.remove(state.uuid)
      taken[state.uuid] = WrittenState(state: state, at: now)
    }
    return changes
  }

  /// Marks changes that could not be written, so that they are taken again.
  mutating func restore(_ uuids: some Sequence<String>, announcements: [String: [UInt8]]) {
    for uuid in uuids {
      changed.insert(uuid)
      taken[uuid] = nil
    }
    self.announcements.merge(announcements) { newer, _ in newer }
  }

  /// Removes an agent.
  mutating func remove(_ uuid: String) {
    states[uuid] = nil
    announcements[uuid] = nil
    changed.remove(uuid)
    taken[uuid] = nil
  }

  /// Replaces a state by a newer one that another leader wrote.
  mutating func adopt(_ state: AgentState) {
    if state.eventAt > states[state.uuid]?.eventAt ?? 0 { states[state.uuid] = state }
  }
}

extension AgentState {
  /// Folds an event.
  fileprivate mutating func fold(
    _ event: AgentEvent, sequence: UInt64, at time: Double
  ) -> FleetFold.Consequence {
    self.sequence = sequence
    eventAt = time
    switch event {
    case .capabilities(let capabilities):
      version = capabilities.version ?? version
      if capabilities.hostname != nil || capabilities.announcedHostname != nil {
        hostname = capabilities.hostname
        announcedHostname = capabilities.announcedHostname
      }
      os = capabilities.os ?? os
      canCancel = capabilities.canCancel
      keepsJournal = capabilities.keepsJournal
      return .announced
    case .heartbeat(let heartbeat): return apply(heartbeat, at: time)
    case .telemetry(let telemetry):
      cpuPercent = telemetry.cpu ?? cpuPercent
      memoryPercent = telemetry.memory ?? memoryPercent
      diskPercent = telemetry.disk ?? diskPercent
    case .alert(var alert):
      // The agent's clock may be wrong by any amount: its time is shown, never in the future, and decides nothing.
      alert.at = alert.at > 0 ? min(alert.at, time) : time
      alert.receivedAt = time
      alerts.record(alert)
    case .result, .progress: break
    }
    return .none
  }

  private mutating func apply(_ heartbeat: AgentEvent.Heartbeat, at time: Double) -> FleetFold.Consequence {
    if let last = lastHeartbeat, time > last {
      heartbeatIntervals = heartbeatIntervals.suffix(1) + [((time - last) * 10).rounded() / 10]
    }
    lastHeartbeat = max(time, lastHeartbeat ?? time)
    version = heartbeat.version ?? version
    uptime = heartbeat.uptime ?? uptime
    tasksQueued = heartbeat.tasksQueued ?? tasksQueued
    guard let uptime = heartbeat.uptime else { return .heartbeat }
    switch boots.record(uptime: Double(uptime), at: time) {
    case .same: return .heartbeat
    case .booted:
      alerts.removeAll(receivedBefore: time - Double(uptime))
      return .heartbeat
    case .alternated(let first, let second):
      let wasSuspected = isCloneSuspected(at: time)
      cloneSuspectedAt = time
      let evidence =
        "heartbeats of two machines alternate, booted at \(Int64(min(first, second))) and "
        + "\(Int64(max(first, second)))"
      cloneEvidence = evidence
      return wasSuspected ? .heartbeat : .cloneSuspected(evidence: evidence)
    }
  }
}
