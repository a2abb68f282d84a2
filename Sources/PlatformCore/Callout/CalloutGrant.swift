import PlatformAPI

/// What a connection was let in by: a name and one of its tokens. It is the name in the JWT; servers show it as the connection's
/// `authorized_user` and find connections by it (2.14 shows nothing else of the JWT of a callout). So the connections of one
/// token or role can be ended when that is taken away, and those that came with another one stay.
public enum CalloutGrant {
  /// The grant of one of an agent's tokens.
  public static func name(agent uuid: String, token: AgentRecord.Token) -> String {
    "\(uuid):\(token.hash.id)"
  }

  /// The grant of an operator's token and role.
  public static func name(of record: OperatorRecord) -> String {
    "\(record.name):\(record.token.id):\(record.role.rawValue)"
  }

  /// The user name in a grant.
  public static func user(in grant: String) -> String { String(grant.prefix { $0 != ":" }) }

  /// Whom a grant let in; nil when `name` is none, but that of a user of the servers' own configuration.
  public static func identity(in name: String) -> CalloutIdentity? {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (CalloutIdentity(user: parts[0]), parts.count) {
    case (.agent(let uuid), 2): return .agent(uuid)
    case (.operator(let name), 3) where OperatorRole(rawValue: parts[2]) != nil: return .operator(name)
    default: return nil
    }
  }

  /// The grants that are good for an agent at `time`, in unix seconds.
  public static func valid(for record: AgentRecord?, at time: Double) -> Set<String> {
    guard let record, !record.isRevoked else { return [] }
    return Set(record.tokens.filter { $0.isValid(at: time) }.map { name(agent: record.uuid, token: $0) })
  }

  /// The grants that are good for an operator.
  public static func valid(for record: OperatorRecord?) -> Set<String> {
    guard let record else { return [] }
    return [name(of: record)]
  }
}
