public import JSON

/// One line of the audit record.
public struct AuditEntry: Sendable, Hashable, Codable {
  /// When, in unix seconds.
  public var at: Double
  /// The operator, or `platform`.
  public var by: String
  /// What, as `commands.submit`, `command.ended`, `agents.revoke`, `agent.refused`.
  public var action: String
  /// The agent, operator or command that it was done to.
  public var object: String
  /// More; never a secret.
  public var details: JSONValue

  /// An entry.
  public init(at: Double, by: String, action: String, object: String, details: JSONValue = .null) {
    self.at = at
    self.by = by
    self.action = action
    self.object = object
    self.details = details
  }
}
