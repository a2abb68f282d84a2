import AgentProtocol
import JSON
import JetStream
import Testing

@testable import PlatformCore

@Suite struct FleetFoldTests {
  private let uuid = "5f3c9a52-0d7e-4a3b-9d55-6f2f0c1b7a10"

  private func event(_ type: String, _ payload: String, uuid: String = "another") -> [UInt8] {
    Array(
      #"{"v":1,"id":"i","type":"\#(type)","agent_type":"vm","agent_uuid":"\#(uuid)","timestamp":1000,"payload":\#(payload)}"#
        .utf8)
  }

  private func fold(_ fold: inout FleetFold, _ bytes: [UInt8], _ sequence: UInt64, at time: Double) throws
    -> FleetFold.Consequence
  {
    fold.fold(try AgentEvent(parsing: bytes), of: uuid, sequence: sequence, at: time)
  }

  @Test func eventsUpdateTheState() throws {
    var fleet = FleetFold()
    #expect(
      try fold(
        &fleet,
        event(
          "capabilities",
          #"{"operations":[{"operation":"agent.cancel"}],"agent_version":"2.1","os":"debian 12","hostname":"web-1"}"#
        ), 1, at: 100) == .announced)
    #expect(
      try fold(&fleet, event("heartbeat", #"{"version":"2.1","uptime_s":50,"tasks_queued":3}"#), 2, at: 101)
        == .heartbeat)
    _ = try fold(
      &fleet,
      event(
        "telemetry",
        #"{"cpu":{"usage_pct":12.5,"cores":[]},"memory":{"usage_pct":40},"disks":[{"usage_pct":3},{"usage_pct":71.5}]}"#
      ), 3, at: 102)
    let state = try #require(fleet.states[uuid])
    #expect(
      state.hostname?.text == "web-1" && state.announcedHostname == nil && state.os == "debian 12"
        && state.version == "2.1")
    #expect(state.canCancel && state.keepsJournal)
    #expect(state.lastHeartbeat == 101 && state.uptime == 50 && state.tasksQueued == 3)
    #expect(state.cpuPercent == 12.5 && state.memoryPercent == 40 && state.diskPercent == 71.5)
    #expect(state.isAlive(at: 176, within: 75) && !state.isAlive(at: 177, within: 75))
    #expect(state.sequence == 3)
    #expect(AgentState(decoding: state.encoded) == state)
  }

  /// The timestamp of the envelopes is 1000: a clock that is behind by two days, or by years.
  @Test(arguments: [173_800.0, 1_700_000_000])
  func alertsAreAgedByTheirArrival(arrival: Double) throws {
    var fleet = FleetFold()
    let alert =
      #"{"code":"OOM_KILL","severity":"critical","message":"m","object_type":"system","object_id":"memory"}"#
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":5000}"#), 1, at: arrival - 10)
    _ = try fold(&fleet, event("alert", alert), 2, at: arrival)
    let alerts = try #require(fleet.states[uuid]).alerts
    #expect(alerts.open(at: arrival + 86_399).map(\.code) == ["OOM_KILL"])
    #expect(alerts.open(at: arrival + 86_400).isEmpty)
    #expect(alerts.alerts.map(\.at) == [1000], "the time by the agent's clock is kept for people")
    #expect(OpenAlerts(json: alerts.json) == alerts)
    // A reboot closes the alerts received before it, and no later ones.
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":30}"#), 3, at: arrival + 20)
    #expect(try #require(fleet.states[uuid]).alerts.alerts.count == 1)
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":30}"#), 4, at: arrival + 200)
    #expect(try #require(fleet.states[uuid]).alerts.alerts.isEmpty)
  }

  /// The first interval after a reconnect is short, that of an outage long: the longer one of the last two counts.
  @Test func heartbeatIntervalIsTheLongerOfTwo() throws {
    var fleet = FleetFold()
    let beat = #"{"version":"1","uptime_s":50,"tasks_queued":0}"#
    var intervals: [Double?] = []
    for (number, time) in [100.0, 130.04, 135, 165, 165, 900, 930, 960].enumerated() {
      _ = try fold(&fleet, event("heartbeat", beat), UInt64(number + 1), at: time)
      intervals.append(fleet.states[uuid]?.heartbeatInterval)
    }
    #expect(intervals == [nil, 30, 30, 30, 30, 735, 735, 30])
    let state = try #require(fleet.states[uuid])
    #expect(AgentState(decoding: state.encoded)?.heartbeatInterval == 30)
  }

  @Test func replayedEventsChangeNothing() throws {
    var fleet = FleetFold()
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":50}"#), 7, at: 101)
    let before = fleet.states
    #expect(try fold(&fleet, event("heartbeat", #"{"uptime_s":10}"#), 7, at: 101) == .none)
    #expect(try fold(&fleet, event("capabilities", #"{"operations":[]}"#), 6, at: 100) == .none)
    #expect(fleet.states == before)
  }

  @Test func eventsOfARecreatedStreamAreFolded() throws {
    var fleet = FleetFold()
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":50}"#), 7000, at: 101)
    #expect(try fold(&fleet, event("heartbeat", #"{"uptime_s":60}"#), 1, at: 111) == .heartbeat)
    #expect(fleet.states[uuid]?.uptime == 60 && fleet.sequence == 1)
  }

  @Test func identityComesFromTheSubject() throws {
    var fleet = FleetFold()
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":50}"#, uuid: "somebody-else"), 1, at: 100)
    #expect(fleet.states.keys.sorted() == [uuid])
  }

  @Test func resultIsForwardedAndLeavesTheStateUnchanged() throws {
    var fleet = FleetFold()
    let payload =
      #"{"command_id":"c1","status":"failed","code":"timed_out","output":{"a":[1]},"replayed":true}"#
    let expected = AgentEvent.Result(
      commandID: "c1", status: "failed", code: "timed_out", isReplayed: true, payload: Array(payload.utf8))
    #expect(try fold(&fleet, event("result", payload), 9, at: 1) == .result(expected))
    #expect(fleet.states.isEmpty && fleet.sequence == 9)
  }

  @Test func changesAreTakenOnceAndRoutineOnesThrottled() throws {
    var fleet = FleetFold()
    _ = try fold(&fleet, event("capabilities", #"{"operations":[]}"#), 1, at: 100)
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":50}"#), 2, at: 100)
    let first = fleet.takeChanges(at: 101, pause: 10)
    #expect(first.states.map(\.uuid) == [uuid] && first.announcements.keys.sorted() == [uuid])
    #expect(first.sequence == 2)
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":55}"#), 3, at: 105)
    #expect(fleet.takeChanges(at: 106, pause: 10).states.isEmpty)
    #expect(fleet.takeChanges(at: 111, pause: 10).states.map(\.sequence) == [3])
    _ = try fold(&fleet, event("capabilities", #"{"operations":[]}"#), 4, at: 112)
    #expect(fleet.takeChanges(at: 130, pause: 10).announcements.isEmpty)
    _ = try fold(&fleet, event("heartbeat", #"{"uptime_s":100}"#), 5, at: 150)
    #expect(fleet.takeChanges(at: 131, pause: 10).states.map(\.sequence) == [5], "it had been silent")
    fleet.restore([uuid], announcements: [uuid: [1]])
    let again = fleet.takeChanges(at: 132, pause: 10)
    #expect(again.states.count == 1 && again.announcements == [uuid: [1]])
  }

  @Test(arguments: [
    "", "[]", "{", "null", #"{"v":2,"type":"heartbeat","payload":{}}"#, #"{"type":"heartbeat","payload":{}}"#,
    #"{"v":1,"type":"command","payload":{}}"#, #"{"v":1,"type":"haertbeat","payload":{}}"#,
    #"{"v":1,"type":"heartbeat","payload":[]}"#, #"{"v":1,"type":"heartbeat"}"#,
    #"{"v":1,"type":"telemetry","payload":{"cpu":[]}}"#, #"{"v":1,"type":"capabilities","payload":{}}"#,
    #"{"v":1,"type":"capabilities","payload":{"operations":{}}}"#, #"{"v":1,"type":"alert","payload":{}}"#,
    #"{"v":1,"type":"result","payload":{"command_id":7,"status":"completed"}}"#,
    #"{"v":1,"type":"result","payload":{"command_id":"c","status":"done"}}"#,
  ])
  func invalidEventIsRejected(_ text: String) {
    #expect(throws: InvalidEvent.self) { try AgentEvent(parsing: Array(text.utf8)) }
  }

  @Test func oversizedPayloadIsRejected() {
    let operations = String(repeating: #"{"operation":"x"},"#, count: 20_000).dropLast()
    #expect(throws: InvalidEvent.tooLarge) {
      try AgentEvent(parsing: event("capabilities", #"{"operations":[\#(operations)]}"#))
    }
    let id = String(repeating: "x", count: 129)
    #expect(throws: InvalidEvent.payload) {
      try AgentEvent(parsing: event("result", #"{"command_id":"\#(id)","status":"completed"}"#))
    }
  }

  @Test(arguments: [Envelope.MessageType.capabilities, .telemetry, .alert, .heartbeat])
  func aPayloadAtTheLimitOfItsTypeIsRead(type: Envelope.MessageType) throws {
    let limit = try #require(PayloadLimits.bytes(of: type))
    func message(_ size: Int) -> [UInt8] {
      let members =
        #""operations":[],"code":"X","severity":"info","cpu":{"usage_pct":5},"version":"2","filler":"#
      let filler = String(repeating: "x", count: size - members.utf8.count - 4)
      let payload = "{" + members + "\"" + filler + "\"}"
      #expect(payload.utf8.count == size)
      return event(type.rawValue, payload)
    }
    _ = try AgentEvent(parsing: message(limit))
    #expect(throws: InvalidEvent.tooLarge) { try AgentEvent(parsing: message(limit + 1)) }
    let stored = StorageSettings().streams[1].maxMessageSize
    #expect(stored >= Int64(message(limit).count), "the stream stores it")
  }

  @Test func telemetryCountsOmittedEntries() throws {
    func omitted(_ value: String) throws -> Int64? {
      let bytes = event("telemetry", #"{"cpu":{"usage_pct":5},"disks":[],"omitted":\#(value)}"#)
      guard case .telemetry(let telemetry) = try AgentEvent(parsing: bytes) else { return nil }
      return telemetry.omitted
    }
    #expect(try omitted(#"{"disks":900,"cores":12}"#) == 912)
    #expect(try omitted("[]") == nil)
    #expect(try omitted(#"{"disks":-4,"cores":"x","a":1e300}"#) == 0)
  }

  @Test func readOnlyDisksAreIgnored() throws {
    var fleet = FleetFold()
    let disks = #"[{"usage_pct":100,"read_only":true},{"usage_pct":40,"read_only":false}]"#
    _ = try fold(&fleet, event("telemetry", #"{"disks":\#(disks)}"#), 1, at: 100)
    #expect(fleet.states[uuid]?.diskPercent == 40)
  }

  @Test func hostileTextsAndNumbersAreSanitized() throws {
    var fleet = FleetFold()
    let long = String(repeating: "ü", count: 500)
    _ = try fold(
      &fleet,
      event(
        "capabilities",
        #"{"operations":[null,7,[]],"hostname":"a\u001b[2Jb\u0085","agent_version":"\#(long)","os":7}"#), 1,
      at: 100)
    _ = try fold(
      &fleet, event("heartbeat", #"{"version":[],"uptime_s":-5,"tasks_queued":1e300}"#), 2, at: 100)
    _ = try fold(
      &fleet,
      event(
        "telemetry", #"{"cpu":{"usage_pct":1e9},"memory":{"usage_pct":-3},"disks":[1,{"usage_pct":"x"}]}"#),
      3, at: 100)
    let state = try #require(fleet.states[uuid])
    #expect(state.hostname == nil && state.announcedHostname == "a\\u{1B}[2Jb\\u{85}" && state.os == nil)
    #expect(state.version?.utf8.count == 64)
    #expect(state.uptime == nil && state.tasksQueued == nil)
    #expect(state.cpuPercent == 100 && state.memoryPercent == 0 && state.diskPercent == nil)
  }

  @Test func invalidHostNameOfAnEarlierVersionIsEscaped() throws {
    let record = #"{"uuid":"\#(uuid)","hostname":"w$({touch,/x})"}"#
    let state = try #require(AgentState(decoding: Array(record.utf8)))
    #expect(state.hostname == nil && state.announcedHostname == "w$({touch,/x})")
    #expect(AgentState(decoding: state.encoded) == state)
  }

  @Test func announcementReplacesTheHostName() throws {
    var fleet = FleetFold()
    for (number, name) in ["web-1", "w$(x)", "web-2"].enumerated() {
      _ = try fold(
        &fleet, event("capabilities", #"{"operations":[],"hostname":"\#(name)"}"#), UInt64(number + 1),
        at: 100)
      let state = try #require(fleet.states[uuid])
      #expect(state.hostname?.text == HostName(name)?.text)
      #expect(state.announcedHostname == (HostName(name) == nil ? name : nil))
    }
  }

  @Test func alternatingHeartbeatsAreADuplicateIdentity() throws {
    var fleet = FleetFold()
    func beat(_ uptime: Int, _ sequence: UInt64, at time: Double) throws -> FleetFold.Consequence {
      try fold(&fleet, event("heartbeat", #"{"uptime_s":\#(uptime)}"#), sequence, at: time)
    }
    #expect(try beat(1000, 1, at: 10_000) == .heartbeat)
    #expect(try beat(400, 2, at: 10_015) == .heartbeat)
    #expect(!(try #require(fleet.states[uuid]).isCloneSuspected(at: 10_016)))
    guard case .cloneSuspected = try beat(1030, 3, at: 10_030) else {
      Issue.record("not suspected")
      return
    }
    #expect(try beat(430, 4, at: 10_045) == .heartbeat, "reported once")
    let state = try #require(fleet.states[uuid])
    #expect(state.isCloneSuspected(at: 10_046) && !state.isCloneSuspected(at: 13_645))
  }
}

@Suite struct BootTimesTests {
  @Test func driftAndDelayAreNoBoot() {
    var boots = BootTimes()
    #expect(boots.record(uptime: 0, at: 1000) == .booted)
    for step in 1...1000 {
      let time = 1000 + Double(step) * 30
      let drift = Double(step) + (step.isMultiple(of: 2) ? 50 : -50)
      #expect(boots.record(uptime: time - 1000 + drift, at: time) == .same)
    }
  }

  @Test func rebootsAreNoDuplicates() {
    var boots = BootTimes()
    for reboot in 0..<10 {
      let at = 1000 + Double(reboot) * 500
      #expect(boots.record(uptime: 10, at: at) == .booted)
      #expect(boots.record(uptime: 40, at: at + 30) == .same)
    }
    #expect(BootTimes(json: boots.json) == boots)
  }

  @Test func returningBootTimeIsADuplicate() {
    var boots = BootTimes()
    _ = boots.record(uptime: 5000, at: 10_000)
    _ = boots.record(uptime: 100, at: 10_010)
    #expect(boots.record(uptime: 5020, at: 10_020) == .alternated(first: 5000, second: 9910))
    #expect(boots.record(uptime: 120, at: 10_030) == .alternated(first: 9910, second: 5000))
  }
}
