/// The state of the fleet as the events of its agents make it: a pure value, without clock and I/O.
///
/// An event that was folded in before changes nothing, so that events may be read again from any earlier one.
struct FleetFold: Sendable {
  /// What follows from an event, beyond the state.
  enum Consequence: Sendable, Equatable {
    /// Nothing.
    case none
    /// The agent announced itself: it is connected, perhaps anew.
    case announced
    /// The agent lives.
    case heartbeat
    /// The agent lives; two machines seem to use its identity, which had not been seen before.
    case cloneSuspected(evidence: String)
    /// A command was answered.
    case result(AgentEvent.Result)
  }

  /// What has to be written.
  struct Changes: Sendable {
    var states: [AgentState]
    /// Capabilities by uuid.
    var announcements: [String: [UInt8]]
    /// All events up to this one are in the states.
    var sequence: UInt64
  }

  private struct Taken: Sendable {
    var state: AgentState
    /// When, in unix seconds.
    var at: Double
  }

  /// The agents by uuid.
  private(set) var states: [String: AgentState]
  /// Announcements that were not taken yet, by uuid.
  private var announcements: [String: [UInt8]] = [:]
  private var changed: Set<String> = []
  /// What was last taken of each agent.
  private var taken: [String: Taken] = [:]
  /// The sequence of the last event.
  private(set) var sequence: UInt64 = 0

  /// A fold that goes on from these states.
  init(states: [String: AgentState] = [:]) {
    self.states = states
  }

  /// Takes an event in.
  ///
  /// - Parameters:
  ///   - uuid: whose, by the subject.
  ///   - sequence: its place in the stream.
  ///   - time: when the server received it, in unix seconds.
  mutating func fold(_ event: AgentEvent, of uuid: String, sequence: UInt64, at time: Double) -> Consequence {
    self.sequence = sequence
    // A result changes no state, and who keeps commands knows best whether it is new.
    if case .result(let result) = event { return .result(result) }
    if case .progress = event { return .none }
    // A stream that was made anew counts from 1 again; its messages are newer all the same.
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

  /// Passes over an event that says nothing.
  mutating func skip(sequence: UInt64) { self.sequence = sequence }

  /// What has to be written at `now` (unix seconds); it counts as taken. Figures that always change wait until the state was
  /// last taken `pause` seconds ago.
  mutating func takeChanges(at now: Double, pause: Double) -> Changes {
    var changes = Changes(states: [], announcements: announcements, sequence: sequence)
    announcements.removeAll()
    for uuid in changed {
      guard let state = states[uuid] else { continue }
      if let last = taken[uuid], now - last.at < pause, !state.differsInSubstance(from: last.state) {
        continue
      }
      changes.states.append(state)
    }
    for state in changes.states {
      changed.remove(state.uuid)
      taken[state.uuid] = Taken(state: state, at: now)
    }
    return changes
  }

  /// What could not be written has to be taken once more.
  mutating func putBack(_ uuids: some Sequence<String>, announcements: [String: [UInt8]]) {
    for uuid in uuids {
      changed.insert(uuid)
      taken[uuid] = nil
    }
    self.announcements.merge(announcements) { newer, _ in newer }
  }

  /// Forgets an agent that was removed.
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
  /// Takes an event in.
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
    case .heartbeat(let heartbeat): return note(heartbeat, at: time)
    case .telemetry(let telemetry):
      cpuPercent = telemetry.cpu ?? cpuPercent
      memoryPercent = telemetry.memory ?? memoryPercent
      diskPercent = telemetry.disk ?? diskPercent
    case .alert(var alert):
      // The agent's own clock says when it was raised, but never in the future. It may be wrong by any time: it decides nothing.
      alert.at = alert.at > 0 ? min(alert.at, time) : time
      alert.receivedAt = time
      alerts.note(alert)
    case .result, .progress: break
    }
    return .none
  }

  private mutating func note(_ heartbeat: AgentEvent.Heartbeat, at time: Double) -> FleetFold.Consequence {
    if let last = lastHeartbeat, time > last {
      heartbeatPauses = heartbeatPauses.suffix(1) + [((time - last) * 10).rounded() / 10]
    }
    lastHeartbeat = max(time, lastHeartbeat ?? time)
    version = heartbeat.version ?? version
    uptime = heartbeat.uptime ?? uptime
    tasksQueued = heartbeat.tasksQueued ?? tasksQueued
    guard let uptime = heartbeat.uptime else { return .heartbeat }
    switch boots.note(uptime: Double(uptime), at: time) {
    case .same: return .heartbeat
    case .booted:
      alerts.booted(at: time - Double(uptime))
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

/// A digest to know the same bytes again; not for secrets (FNV-1a, 64 bits).
enum FNV1a {
  static func digest(_ bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
