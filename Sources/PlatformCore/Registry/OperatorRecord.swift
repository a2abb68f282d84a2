public import PlatformAPI

/// What the platform keeps of an operator in the bucket `pls-operators`, under the name.
public struct OperatorRecord: Sendable, Hashable, Codable {
  /// The name (``OperatorName``).
  public var name: String
  /// What the operator may do.
  public var role: OperatorRole
  /// What is kept of the token.
  public var token: TokenHash
  /// When the operator was added, in unix seconds.
  public var createdAt: Double
  /// Who added the operator.
  public var createdBy: String

  /// A record.
  public init(name: String, role: OperatorRole, token: TokenHash, createdAt: Double, createdBy: String) {
    self.name = name
    self.role = role
    self.token = token
    self.createdAt = createdAt
    self.createdBy = createdBy
  }
}
