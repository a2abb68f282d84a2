public import JSON

/// What an agent is allowed to do, as it announces it.
public struct CapabilitiesPayload: Sendable, Equatable {
  /// The allowed operations, in the order of the catalogue.
  public var operations: [CatalogueEntry]
  /// The paths that `exec` may run; nil when `exec` is not allowed.
  public var execCommands: [String]?
  /// The agent's version.
  public var agentVersion: String
  /// The operating system, as `debian 12`.
  public var os: String?
  /// The machine's name.
  public var hostname: String?

  /// An announcement.
  public init(
    operations: [CatalogueEntry], execCommands: [String]?, agentVersion: String, os: String?,
    hostname: String?
  ) {
    self.operations = operations
    self.execCommands = execCommands
    self.agentVersion = agentVersion
    self.os = os
    self.hostname = hostname
  }

  /// The payload as JSON.
  public var json: JSONValue {
    var object: JSONObject = ["operations": .array(operations.map(\.json))]
    object.append("exec_commands", ifPresent: execCommands.map { .array($0.map(JSONValue.string)) })
    object.append("agent_version", .string(agentVersion))
    object.append("os", ifPresent: os.map(JSONValue.string))
    object.append("hostname", ifPresent: hostname.map(JSONValue.string))
    return .object(object)
  }

  /// The payload in at most so many bytes: where it is larger, `omitted` says how many of the programs that `exec` may run are missing.
  public func json(within limit: Int) -> JSONValue {
    let whole = json
    guard let execCommands, JSONWriter.encode(whole).count > limit else { return whole }
    var cut = self
    cut.execCommands = []
    let list = ListFitting.List("exec_commands", execCommands.map(JSONValue.string))
    let fitting = ListFitting([list], room: limit - JSONWriter.encode(cut.json).count)
    cut.execCommands = (fitting.kept[list.name] ?? []).map { execCommands[$0] }
    guard var object = cut.json.objectValue else { return cut.json }
    object.append("omitted", .object(fitting.omitted))
    return .object(object)
  }
}
