import JSON

/// The state of an agent and its host, folded from its events.
public struct AgentState: Sendable, Hashable {
  /// The uuid in the agent's subjects.
  public let uuid: String
  /// The stream sequence of the last folded event.
  public var sequence: UInt64 = 0
  /// The time at which the server received that event, in unix seconds.
  public var eventAt: Double = 0
  /// The time at which the server received the last heartbeat, in unix seconds.
  public var lastHeartbeat: Double?
  /// The last two intervals between heartbeats, in seconds, the newer one last.
  var heartbeatIntervals: [Double] = []
  /// The boot times of the host.
  public var boots = BootTimes()
  /// The time at which a duplicate identity was last detected, in unix seconds.
  public var cloneSuspectedAt: Double?
  /// The evidence for a duplicate identity.
  public var cloneEvidence: String?
  /// The version of the agent.
  public var version: String?
  /// The uptime of the host in seconds, by the last heartbeat.
  public var uptime: Int64?
  /// The number of commands waiting or running, by the last heartbeat.
  public var tasksQueued: Int64?
  /// The host name.
  public var hostname: HostName?
  /// The announced name when it is not a valid host name, escaped to printable ASCII.
  public var announcedHostname: String?
  /// The operating system.
  public var os: String?
  /// Whether the agent allows `agent.cancel`.
  public var canCancel = false
  /// Whether the agent keeps a journal of command ids and honours `expires_at`, as agents that announce `agent_version` do.
  public var keepsJournal = false
  /// A digest of the last capabilities payload; nil before the first.
  public var capabilitiesDigest: UInt64?
  /// CPU usage in percent, by the last telemetry.
  public var cpuPercent: Double?
  /// Memory usage in percent, by the last telemetry.
  public var memoryPercent: Double?
  /// Usage of the fullest disk in percent, by the last telemetry.
  public var diskPercent: Double?
  /// The open alerts.
  public var alerts = OpenAlerts()

  /// The state of an agent without events.
  public init(uuid: String) {
    self.uuid = uuid
  }

  /// The heartbeat interval in seconds; nil before the second heartbeat. The longer one of the last two, as the one after a
  /// reconnect is short.
  var heartbeatInterval: Double? { heartbeatIntervals.max() }

  /// Whether the last heartbeat arrived within `seconds` before `now` (unix seconds).
  public func isAlive(at now: Double, within seconds: Double) -> Bool {
    lastHeartbeat.map { now - $0 <= seconds } ?? false
  }

  /// The seconds for which a duplicate identity stays suspected. Two hosts that share an identity renew the suspicion with
  /// every heartbeat.
  static let suspicionLifetime: Double = 3600

  /// Whether a duplicate identity is suspected at `now` (unix seconds).
  public func isCloneSuspected(at now: Double) -> Bool {
    cloneSuspectedAt.map { now - $0 < Self.suspicionLifetime } ?? false
  }

  /// A heartbeat after a longer interval, in seconds, is written at once.
  private static let longInterval: Double = 20

  /// Whether anything differs but the figures that change with every event. Such a change is written at once.
  func differsSignificantly(from other: AgentState) -> Bool {
    alerts != other.alerts || version != other.version || hostname != other.hostname
      || announcedHostname != other.announcedHostname || os != other.os
      || capabilitiesDigest != other.capabilitiesDigest || cloneSuspectedAt != other.cloneSuspectedAt
      || (lastHeartbeat ?? 0) - (other.lastHeartbeat ?? 0) > Self.longInterval
  }
}

extension AgentState {
  /// The JSON that is stored in the bucket.
  var encoded: [UInt8] {
    var object: JSONObject = [
      "uuid": .string(uuid), "sequence": JSONValue(sequence), "event_at": .number(eventAt),
    ]
    object.append("last_heartbeat", ifPresent: lastHeartbeat.map(JSONValue.number))
    if !heartbeatIntervals.isEmpty {
      object.append("heartbeat_pauses", .array(heartbeatIntervals.map(JSONValue.number)))
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

  /// Decodes a stored state; nil for invalid JSON.
  init?(decoding bytes: [UInt8]) {
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { return nil }
    guard let object = value.objectValue, let uuid = object["uuid"]?.stringValue else { return nil }
    self.init(uuid: uuid)
    sequence = object["sequence"].flatMap(Self.unsigned) ?? 0
    eventAt = object["event_at"]?.doubleValue ?? 0
    lastHeartbeat = object["last_heartbeat"]?.doubleValue
    heartbeatIntervals = (object["heartbeat_pauses"]?.arrayValue ?? []).suffix(2).compactMap(\.doubleValue)
    boots = BootTimes(json: object["boots"])
    cloneSuspectedAt = object["clone_suspected_at"]?.doubleValue
    cloneEvidence = object["clone_evidence"]?.stringValue
    version = object["version"]?.stringValue
    uptime = object["uptime_s"]?.integerValue
    tasksQueued = object["tasks_queued"]?.integerValue
    // Earlier versions stored any text.
    let name = object["hostname"]?.stringValue
    hostname = name.flatMap(HostName.init)
    announcedHostname =
      object["announced_hostname"]?.stringValue ?? (hostname == nil ? HostName.escaped(name) : nil)
    os = object["os"]?.stringValue
    canCancel = object["can_cancel"]?.boolValue ?? false
    keepsJournal = object["keeps_journal"]?.boolValue ?? false
    capabilitiesDigest = object["capabilities_digest"].flatMap(Self.unsigned)
    cpuPercent = object["cpu_pct"]?.doubleValue
    memoryPercent = object["memory_pct"]?.doubleValue
    diskPercent = object["disk_pct"]?.doubleValue
    alerts = OpenAlerts(json: object["alerts"])
  }

  private static func unsigned(_ value: JSONValue) -> UInt64? {
    if case .unsigned(let number) = value {
      number
    } else {
      value.integerValue.flatMap(UInt64.init(exactly:))
    }
  }
}
