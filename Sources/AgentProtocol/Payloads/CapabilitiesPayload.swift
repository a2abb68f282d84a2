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
}
