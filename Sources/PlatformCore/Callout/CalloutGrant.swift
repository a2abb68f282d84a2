import PlatformAPI

/// The name in a JWT: a user name and the id of the token that was accepted. Servers report it as the `authorized_user` of a
/// connection and find connections by it (2.14 reports nothing else of a callout's JWT). So the connections of one token or role
/// can be closed when it is revoked, and those with another token stay.
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
  public static func user(in grant: String) -> String {
    String(decoding: grant.utf8.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
  }

  /// The identity in a grant; nil for another name, such as a user in the servers' configuration.
  public static func identity(in name: String) -> CalloutIdentity? {
    // Grants are ASCII, so that they compare by bytes.
    guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (CalloutIdentity(user: parts[0]), parts.count) {
    case (.agent(let uuid), 2): return .agent(uuid)
    case (.operator(let name), 3) where OperatorRole(rawValue: parts[2]) != nil: return .operator(name)
    default: return nil
    }
  }

  /// The valid grants of an agent at `time`, in unix seconds.
  public static func valid(for record: AgentRecord?, at time: Double) -> Set<String> {
    guard let record, !record.isRevoked else { return [] }
    return Set(record.tokens.filter { $0.isValid(at: time) }.map { name(agent: record.uuid, token: $0) })
  }

  /// The valid grants of an operator.
  public static func valid(for record: OperatorRecord?) -> Set<String> {
    guard let record else { return [] }
    return [name(of: record)]
  }
}
