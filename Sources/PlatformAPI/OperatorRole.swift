/// What an operator may do. The server itself enforces it: the permissions of the operator's connection are made from this.
public enum OperatorRole: String, Sendable, Hashable, CaseIterable, Codable {
  /// Looks: agents, telemetry, events, commands.
  case viewer
  /// Looks, sends commands, sets labels.
  case `operator`
  /// Everything: also enrols, rotates and revokes agents and operators.
  case admin

  /// The methods that it may call.
  public var methods: [APIMethod] { APIMethod.allCases.filter { $0.leastRole.rank <= rank } }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .operator: 1
    case .admin: 2
    }
  }
}
