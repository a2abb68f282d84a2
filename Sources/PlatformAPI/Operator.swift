/// The role of an operator. The servers enforce it: the permissions of the operator's connections are derived from
/// it.
public enum OperatorRole: String, Sendable, Hashable, CaseIterable, Codable {
  /// Reads agents, telemetry, events and commands.
  case viewer
  /// Also submits commands and sets labels.
  case `operator`
  /// Also enrolls, rotates and revokes agents and operators.
  case admin

  /// The methods that the role may call.
  public var methods: [APIMethod] { APIMethod.allCases.filter { $0.leastRole.rank <= rank } }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .operator: 1
    case .admin: 2
    }
  }
}
