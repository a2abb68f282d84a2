public import JSON

/// The operations that an agent allows.
public struct CapabilitiesPayload: MessagePayload {
  /// The type of the envelopes that carry the payload.
  public static var messageType: Envelope.MessageType { .capabilities }

  /// The allowed operations, in the order of the catalogue.
  public var operations: [CatalogueEntry]
  /// The paths of the programs that `exec` may run; nil when `exec` is not allowed.
  public var execCommands: [String]?
  /// The version of the agent; nil from agents that do not send it.
  public var agentVersion: String?
  /// The operating system, such as `debian 12`.
  public var os: String?
  /// The host name.
  public var hostname: String?

  /// Creates a payload.
  public init(
    operations: [CatalogueEntry], execCommands: [String]?, agentVersion: String?, os: String?,
    hostname: String?
  ) {
    self.operations = operations
    self.execCommands = execCommands
    self.agentVersion = agentVersion
    self.os = os
    self.hostname = hostname
  }

  /// Decodes a payload. Entries without a name are left out.
  ///
  /// - Returns: nil when `json` is not an object with `operations`.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue, let operations = object["operations"]?.arrayValue else { return nil }
    self.init(
      operations: operations.compactMap { CatalogueEntry($0) },
      execCommands: object["exec_commands"]?.arrayValue?.compactMap { $0.stringValue },
      agentVersion: object["agent_version"]?.stringValue, os: object["os"]?.stringValue,
      hostname: object["hostname"]?.stringValue)
  }

  /// The payload as JSON.
  public var json: JSONValue {
    var object: JSONObject = ["operations": .array(operations.map { $0.json })]
    object.append("exec_commands", ifPresent: execCommands.map { .array($0.map { .string($0) }) })
    object.append("agent_version", ifPresent: agentVersion.map { .string($0) })
    object.append("os", ifPresent: os.map { .string($0) })
    object.append("hostname", ifPresent: hostname.map { .string($0) })
    return .object(object)
  }

  /// The payload as JSON in at most `limit` bytes. Where it is larger, programs are left out of `exec_commands`, and `omitted` has their
  /// number.
  public func json(within limit: Int) -> JSONValue {
    let whole = json
    guard let execCommands, JSONWriter.encode(whole).count > limit else { return whole }
    var cut = self
    cut.execCommands = []
    let list = ListFitting.List("exec_commands", execCommands.map { .string($0) })
    let fitting = ListFitting([list], room: limit - JSONWriter.encode(cut.json).count)
    cut.execCommands = (fitting.kept[list.name] ?? []).map { execCommands[$0] }
    guard var object = cut.json.objectValue else { return cut.json }
    object.append("omitted", .object(fitting.omitted))
    return .object(object)
  }
}
