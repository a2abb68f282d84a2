import AgentProtocol
public import NKeys
public import PlatformAPI

/// The publish and subscribe permissions of agents and operators, enforced by the server.
public enum CalloutPermissions {
  /// The permissions of an agent: its own commands, events and telemetry, and one reply to each command within `replyTTL`.
  ///
  /// - Returns: Nil when `uuid` is not valid as a subject token.
  public static func agent(_ uuid: String, replyTTL: Duration) -> UserClaims? {
    guard let agent = AgentUUID(uuid) else { return nil }
    let subjects = AgentSubjects(agent)
    var claims = UserClaims(
      pub: .init(allow: [subjects.events, subjects.telemetry]), sub: .init(allow: [subjects.commands]),
      resp: .init(max: 1, ttl: replyTTL))
    claims.allowedConnectionTypes = connectionTypes
    return claims
  }

  /// The permissions of an operator: requests by the methods of the role, their responses, the end of own commands, and the events,
  /// results and telemetry of agents.
  ///
  /// - Returns: Nil when `name` is not valid as a subject token.
  public static func `operator`(_ name: String, role: OperatorRole) -> UserClaims? {
    guard OperatorName.isValid(name) else { return nil }
    let requests =
      role == .admin
      ? ["pls.api.\(name).>"] : role.methods.map { PlatformSubjects.request($0, by: name) }.sorted()
    var claims = UserClaims(
      pub: .init(allow: requests),
      sub: .init(allow: [
        "\(PlatformSubjects.inboxPrefix(of: name)).>", PlatformSubjects.allDone(of: name), "agent.vm.*.evt",
        PlatformSubjects.allResults(), "vm.*.telemetry",
      ]))
    claims.allowedConnectionTypes = connectionTypes
    return claims
  }

  private static let connectionTypes = ["STANDARD", "WEBSOCKET"]
}
