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

/// Rules for operator names: 1 to 32 small letters, digits, `-` and `_`, beginning with a letter.
///
/// The name is the user name of the operator's connections and a token of its subjects.
public enum OperatorName {
  /// Whether `text` is a valid name.
  public static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 32, (0x61...0x7a).contains(first) else { return false }
    return bytes.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        || $0 == UInt8(ascii: "_")
    }
  }
}
