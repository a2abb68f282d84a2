import AgentProtocol
public import NKeys
public import PlatformAPI

/// What agents and operators may publish and subscribe to. The server enforces it.
public enum CalloutPermissions {
  /// Its own commands, events and telemetry, and one reply to each command within `replyTTL`; nothing else.
  ///
  /// - Returns: nil when `uuid` can't be a token of subjects.
  public static func agent(_ uuid: String, replyTTL: Duration) -> UserClaims? {
    guard let agent = AgentUUID(uuid) else { return nil }
    let subjects = AgentSubjects(agent)
    var claims = UserClaims(
      pub: .init(allow: [subjects.events, subjects.telemetry]), sub: .init(allow: [subjects.commands]),
      resp: .init(max: 1, ttl: replyTTL))
    claims.allowedConnectionTypes = connectionTypes
    return claims
  }

  /// Its own requests by the methods of its role, the answers to them, the end of its own commands, and what agents tell.
  ///
  /// - Returns: nil when `name` can't be a token of subjects.
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
