public import JSON

/// An entry of the audit record.
public struct AuditEntry: Sendable, Hashable, Codable {
  /// When it was recorded, in unix seconds.
  public var at: Double
  /// The actor: an operator's name, or `platform`.
  public var by: String
  /// The action, such as `commands.submit`, `command.ended`, `agents.revoke`, `agent.refused`.
  public var action: String
  /// The agent, operator or command that the action applies to.
  public var object: String
  /// Details of the action; never a secret.
  public var details: JSONValue

  /// Creates an entry.
  public init(at: Double, by: String, action: String, object: String, details: JSONValue = .null) {
    self.at = at
    self.by = by
    self.action = action
    self.object = object
    self.details = details
  }
}
