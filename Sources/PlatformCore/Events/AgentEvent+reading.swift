import AgentProtocol
import JSON

/// The reason for which an event is rejected.
enum InvalidEvent: Error, Sendable, Equatable {
  /// Not a version 1 envelope.
  case envelope
  /// An unknown message type.
  case type
  /// A payload over the limit of its type.
  case tooLarge
  /// A payload that does not follow the protocol.
  case payload
}

extension InvalidEvent {
  /// The counter of this rejection.
  var counted: PlatformCounters.EventRejection {
    switch self {
    case .envelope: .envelope
    case .type: .type
    case .tooLarge: .tooLarge
    case .payload: .payload
    }
  }
}

extension AgentEvent {
  private static let maximumVersionBytes = 64
  private static let maximumSystemBytes = 128
  private static let maximumIDBytes = 128

  /// Decodes an envelope and its payload.
  init(parsing bytes: [UInt8]) throws(InvalidEvent) {
    let envelope: Envelope
    do { envelope = try Envelope(parsing: bytes) } catch { throw .envelope }
    guard let type = Envelope.MessageType(rawValue: envelope.type) else { throw .type }
    let payload = envelope.payload
    let messageID = envelope.id.utf8.count <= Self.maximumIDBytes ? envelope.id : ""
    if let limit = PayloadLimits.bytes(of: type), payload.count > limit { throw .tooLarge }
    do {
      switch type {
      case .command, .time: throw InvalidEvent.type
      case .progress: self = .progress
      case .heartbeat: self = .heartbeat(try Self.heartbeat(payload, messageID))
      case .telemetry: self = .telemetry(try Self.telemetry(payload))
      case .capabilities: self = .capabilities(try Self.capabilities(payload, messageID))
      case .alert: self = .alert(try Self.alert(payload, at: envelope.timestamp))
      case .result: self = .result(try Self.result(payload))
      }
    } catch let error as InvalidEvent {
      throw error
    } catch {
      throw .payload
    }
  }

  private static func heartbeat(_ payload: [UInt8], _ messageID: String) throws -> Heartbeat {
    var heartbeat = Heartbeat(messageID: messageID)
    var reader = try JSONReader(payload)
    try reader.readObject { (key, reader) throws(JSONError) in
      switch key {
      case "version": heartbeat.version = try reader.readShallowValue().text(maximumVersionBytes)
      case "uptime_s": heartbeat.uptime = try reader.readShallowValue().count
      case "tasks_queued": heartbeat.tasksQueued = try reader.readShallowValue().count
      default: try reader.skipValue()
      }
    }
    return heartbeat
  }

  private static func telemetry(_ payload: [UInt8]) throws -> Telemetry {
    var telemetry = Telemetry()
    var reader = try JSONReader(payload)
    try reader.readObject { (key, reader) throws(JSONError) in
      switch key {
      case "cpu": telemetry.cpu = try usage(&reader)
      case "memory": telemetry.memory = try usage(&reader)
      case "disks":
        let disks = try reader.readValue().arrayValue ?? []
        // A read-only file system can't fill up.
        telemetry.disk = disks.compactMap(\.objectValue).filter { $0["read_only"]?.boolValue != true }
          .compactMap { $0["usage_pct"]?.percent }.max()
      case "omitted":
        telemetry.omitted = try reader.readValue().objectValue?.members.reduce(0) { sum, member in
          min(sum + (member.value.count ?? 0), 4_000_000_000)
        }
      default: try reader.skipValue()
      }
    }
    return telemetry
  }

  /// `usage_pct` of the next object.
  private static func usage(_ reader: inout JSONReader) throws(JSONError) -> Double? {
    var usage: Double?
    try reader.readObject { (key, reader) throws(JSONError) in
      if key == "usage_pct" {
        usage = try reader.readShallowValue().percent
      } else {
        try reader.skipValue()
      }
    }
    return usage
  }

  private static func capabilities(_ payload: [UInt8], _ messageID: String) throws -> Capabilities {
    guard let object = try JSONReader.parse(payload).objectValue,
      let operations = object["operations"]?.arrayValue
    else { throw InvalidEvent.payload }
    let name = object["hostname"]?.stringValue
    let hostname = name.flatMap(HostName.init)
    return Capabilities(
      messageID: messageID, version: object["agent_version"]?.text(maximumVersionBytes), hostname: hostname,
      announcedHostname: hostname == nil ? HostName.escaped(name) : nil,
      os: object["os"]?.text(maximumSystemBytes),
      canCancel: operations.contains { $0.objectValue?["operation"]?.stringValue == "agent.cancel" },
      payload: payload)
  }

  private static func alert(_ payload: [UInt8], at timestamp: Int64?) throws -> OpenAlerts.Alert {
    guard let object = try JSONReader.parse(payload).objectValue,
      let code = object["code"]?.text(64), let severity = object["severity"]?.text(16)
    else { throw InvalidEvent.payload }
    return OpenAlerts.Alert(
      at: timestamp.map(Double.init) ?? 0, severity: severity, code: code,
      message: object["message"]?.text(512) ?? "", objectType: object["object_type"]?.text(16) ?? "",
      objectID: object["object_id"]?.text(256) ?? "")
  }

  private static func result(_ payload: [UInt8]) throws -> Result {
    var commandID: String?
    var status: String?
    var code: String?
    var isReplayed = false
    var reader = try JSONReader(payload)
    try reader.readObject { (key, reader) throws(JSONError) in
      switch key {
      case "command_id": commandID = try reader.readShallowValue().stringValue
      case "status": status = try reader.readShallowValue().stringValue
      case "code": code = try reader.readShallowValue().text(64)
      case "replayed": isReplayed = try reader.readShallowValue().boolValue ?? false
      default: try reader.skipValue()
      }
    }
    guard let commandID, let status, commandID.utf8.count <= maximumIDBytes,
      ResultPayload.Status(rawValue: status) != nil
    else { throw InvalidEvent.payload }
    return Result(
      commandID: commandID, status: status, code: code, isReplayed: isReplayed, payload: payload)
  }
}

extension JSONValue {
  /// The non-empty string value, cut to `limit` bytes.
  fileprivate func text(_ limit: Int) -> String? {
    guard let text = stringValue?.bounded(limit), !text.isEmpty else { return nil }
    return text
  }

  /// An integer of 0 to 4,000,000,000.
  fileprivate var count: Int64? {
    integerValue.flatMap { (0...4_000_000_000).contains($0) ? $0 : nil }
  }

  /// The number, clamped to 0 to 100.
  fileprivate var percent: Double? {
    doubleValue.map { min(100, max(0, $0)) }
  }
}
