import JSON

/// What an agent has told of itself and its machine, folded from its events.
public struct AgentState: Sendable, Hashable {
  /// Its uuid, as it stands in its subjects.
  public let uuid: String
  /// The sequence of the last event that was folded in.
  public var sequence: UInt64 = 0
  /// When that event reached the server, in unix seconds.
  public var eventAt: Double = 0
  /// When its last heartbeat reached the server, in unix seconds.
  public var lastHeartbeat: Double?
  /// The last two pauses between heartbeats in seconds, the newer one last.
  var heartbeatPauses: [Double] = []
  /// The boots of its machine.
  public var boots = BootTimes()
  /// Set when two machines use the identity: since when, in unix seconds.
  public var cloneSuspectedAt: Double?
  /// What that was seen by.
  public var cloneEvidence: String?
  /// Its version.
  public var version: String?
  /// Its machine's uptime in seconds, by the last heartbeat.
  public var uptime: Int64?
  /// Commands that wait or run there, by the last heartbeat.
  public var tasksQueued: Int64?
  /// The machine's name.
  public var hostname: HostName?
  /// The text that it announced as its name and that is no host name, escaped to printable ASCII.
  public var announcedHostname: String?
  /// Its operating system.
  public var os: String?
  /// Whether it ends commands on request (`agent.cancel` is allowed).
  public var canCancel = false
  /// Whether it keeps a journal of command ids and minds `expires_at`, as the agents do that tell `agent_version`.
  public var keepsJournal = false
  /// A digest of its capabilities, to know them again; nil before the first.
  public var capabilitiesDigest: UInt64?
  /// Percent of all processors, by the last telemetry.
  public var cpuPercent: Double?
  /// Percent of the memory, by the last telemetry.
  public var memoryPercent: Double?
  /// Percent of the fullest disk, by the last telemetry.
  public var diskPercent: Double?
  /// Its open alerts.
  public var alerts = OpenAlerts()

  /// An agent that has told nothing.
  public init(uuid: String) {
    self.uuid = uuid
  }

  /// The seconds between its heartbeats; nil before the second one. The longer pause of two, as one that follows a reconnect
  /// is short.
  var heartbeatInterval: Double? { heartbeatPauses.max() }

  /// Whether its last heartbeat came within so many seconds before `now` (unix seconds).
  public func isAlive(at now: Double, within seconds: Double) -> Bool {
    lastHeartbeat.map { now - $0 <= seconds } ?? false
  }

  /// Two machines that use one identity alternate with every heartbeat: a suspicion that nothing has renewed for an hour is
  /// over.
  static let suspicionLasts: Double = 3600

  /// Whether two machines seem to use the identity at `now` (unix seconds).
  public func isCloneSuspected(at now: Double) -> Bool {
    cloneSuspectedAt.map { now - $0 < Self.suspicionLasts } ?? false
  }

  /// A heartbeat after a pause of so many seconds tells more than that time goes on.
  private static let longPause: Double = 20

  /// Whether anything but figures that always change differs: that is worth telling at once.
  func differsInSubstance(from other: AgentState) -> Bool {
    alerts != other.alerts || version != other.version || hostname != other.hostname
      || announcedHostname != other.announcedHostname || os != other.os
      || capabilitiesDigest != other.capabilitiesDigest || cloneSuspectedAt != other.cloneSuspectedAt
      || (lastHeartbeat ?? 0) - (other.lastHeartbeat ?? 0) > Self.longPause
  }
}

extension AgentState {
  /// As it is kept.
  var encoded: [UInt8] {
    var object: JSONObject = [
      "uuid": .string(uuid), "sequence": JSONValue(sequence), "event_at": .number(eventAt),
    ]
    object.append("last_heartbeat", ifPresent: lastHeartbeat.map(JSONValue.number))
    if !heartbeatPauses.isEmpty {
      object.append("heartbeat_pauses", .array(heartbeatPauses.map(JSONValue.number)))
    }
    object.append("boots", boots.json)
    object.append("clone_suspected_at", ifPresent: cloneSuspectedAt.map(JSONValue.number))
    object.append("clone_evidence", ifPresent: cloneEvidence.map(JSONValue.string))
    object.append("version", ifPresent: version.map(JSONValue.string))
    object.append("uptime_s", ifPresent: uptime.map(JSONValue.integer))
    object.append("tasks_queued", ifPresent: tasksQueued.map(JSONValue.integer))
    object.append("hostname", ifPresent: hostname.map { .string($0.text) })
    object.append("announced_hostname", ifPresent: announcedHostname.map(JSONValue.string))
    object.append("os", ifPresent: os.map(JSONValue.string))
    object.append("can_cancel", .bool(canCancel))
    object.append("keeps_journal", .bool(keepsJournal))
    object.append("capabilities_digest", ifPresent: capabilitiesDigest.map { JSONValue($0) })
    object.append("cpu_pct", ifPresent: cpuPercent.map(JSONValue.number))
    object.append("memory_pct", ifPresent: memoryPercent.map(JSONValue.number))
    object.append("disk_pct", ifPresent: diskPercent.map(JSONValue.number))
    object.append("alerts", alerts.json)
    return JSONWriter.encode(.object(object))
  }

  /// From what was kept; nil when the bytes are no state.
  init?(decoding bytes: [UInt8]) {
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { return nil }
    guard let object = value.objectValue, let uuid = object["uuid"]?.stringValue else { return nil }
    self.init(uuid: uuid)
    sequence = object["sequence"].flatMap(Self.unsigned) ?? 0
    eventAt = object["event_at"]?.doubleValue ?? 0
    lastHeartbeat = object["last_heartbeat"]?.doubleValue
    heartbeatPauses = (object["heartbeat_pauses"]?.arrayValue ?? []).suffix(2).compactMap(\.doubleValue)
    boots = BootTimes(json: object["boots"])
    cloneSuspectedAt = object["clone_suspected_at"]?.doubleValue
    cloneEvidence = object["clone_evidence"]?.stringValue
    version = object["version"]?.stringValue
    uptime = object["uptime_s"]?.integerValue
    tasksQueued = object["tasks_queued"]?.integerValue
    // A record of an earlier version may hold any text.
    let name = object["hostname"]?.stringValue
    hostname = name.flatMap(HostName.init)
    announcedHostname =
      object["announced_hostname"]?.stringValue ?? (hostname == nil ? Self.announced(name) : nil)
    os = object["os"]?.stringValue
    canCancel = object["can_cancel"]?.boolValue ?? false
    keepsJournal = object["keeps_journal"]?.boolValue ?? false
    capabilitiesDigest = object["capabilities_digest"].flatMap(Self.unsigned)
    cpuPercent = object["cpu_pct"]?.doubleValue
    memoryPercent = object["memory_pct"]?.doubleValue
    diskPercent = object["disk_pct"]?.doubleValue
    alerts = OpenAlerts(json: object["alerts"])
  }

  /// A text that is no host name as it is kept: escaped, at most 253 bytes; nil when it is empty.
  static func announced(_ text: String?) -> String? {
    text.flatMap { $0.isEmpty ? nil : SafeText.escaped($0, limit: 253) }
  }

  private static func unsigned(_ value: JSONValue) -> UInt64? {
    if case .unsigned(let number) = value {
      number
    } else {
      value.integerValue.flatMap(UInt64.init(exactly:))
    }
  }
}
