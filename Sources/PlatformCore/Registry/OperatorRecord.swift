public import PlatformAPI

/// The record of an operator in the bucket `pls-operators`. The key is the name.
public struct OperatorRecord: Sendable, Hashable, Codable {
  /// The name (``OperatorName``).
  public var name: String
  /// The role of the operator.
  public var role: OperatorRole
  /// The hash of the token.
  public var token: TokenHash
  /// The time of creation, in unix seconds.
  public var createdAt: Double
  /// The operator who added this one.
  public var createdBy: String

  /// Creates a record.
  public init(name: String, role: OperatorRole, token: TokenHash, createdAt: Double, createdBy: String) {
    self.name = name
    self.role = role
    self.token = token
    self.createdAt = createdAt
    self.createdBy = createdBy
  }
}
