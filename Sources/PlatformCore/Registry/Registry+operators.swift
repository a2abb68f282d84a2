import JSON
import Locks
public import PlatformAPI

extension Registry {
  /// How many operators there may be.
  static let maximumOperators = 1_000

  /// Makes an operator and its token. A known one gets a new token, which ends the old one, and the role if one is given.
  ///
  /// - Parameter replaces: whether a known operator may be given a new token.
  /// - Throws: `invalid`, `conflict` where no admin would be left, or the operator is known and not to be replaced.
  public func addOperator(
    _ name: String, role: OperatorRole?, replaces: Bool = true, by operatorName: String
  ) async throws(APIError) -> Requests.IssuedToken {
    try Self.checkOperatorName(name)
    if operatorRecord(name) == nil, state.withLock({ $0.operators.count }) >= Self.maximumOperators {
      throw APIError(.busy, "there are \(Self.maximumOperators) operators; remove some")
    }
    let token = TokenKind.operator.makeToken()
    let hash = TokenHash(of: token)
    let time = now()
    _ = try await change(
      name, operatorStore,
      audited: {
        AuditEntry(
          at: time, by: operatorName, action: "operators.add", object: name,
          details: ["role": .string($0.role.rawValue)])
      },
      { current throws(APIError) in
        guard let current else {
          guard let role else { throw APIError(.invalid, "operator \(name) is new: give the role") }
          guard name != AuditLog.platformActor else {
            throw APIError(
              .invalid, "\(name) is what the platform calls itself in the audit record: choose another name")
          }
          return OperatorRecord(name: name, role: role, token: hash, createdAt: time, createdBy: operatorName)
        }
        guard replaces else { throw Self.isKnown(current) }
        if current.role == .admin, let role, role != .admin { try self.checkOtherAdmin(than: name) }
        var record = current
        record.role = role ?? current.role
        record.token = hash
        return record
      })
    return Requests.IssuedToken(subject: name, token: token)
  }

  /// The refusal to give a known operator a new token without being asked to.
  public static func isKnown(_ record: OperatorRecord) -> APIError {
    APIError(
      .conflict,
      "there is an operator \(record.name) already (\(record.role.rawValue)): a new token ends the old one and its connections"
    )
  }

  /// Takes an operator's token away. The connections are ended by whoever observes ``CredentialDirectory/changes``.
  ///
  /// - Throws: `not_found`, `conflict` where no admin would be left.
  public func removeOperator(_ name: String, by operatorName: String) async throws(APIError) -> OperatorRecord
  {
    try Self.checkOperatorName(name)
    let time = now()
    let removed = try await remove(
      name, operatorStore,
      audited: {
        AuditEntry(
          at: time, by: operatorName, action: "operators.remove", object: name,
          details: ["role": .string($0.role.rawValue)])
      },
      check: { record throws(APIError) in
        if record.role == .admin { try self.checkOtherAdmin(than: name) }
      })
    guard let removed else { throw APIError(.notFound, "there is no operator \(name)") }
    return removed
  }

  /// By memory: two instances that take away the last two admins at the same moment are not kept from it. Whoever runs the
  /// platform can add an operator without being one.
  private func checkOtherAdmin(than name: String) throws(APIError) {
    guard operators().contains(where: { $0.role == .admin && $0.name != name }) else {
      throw APIError(.conflict, "\(name) is the last admin; add another one first")
    }
  }

  static func checkOperatorName(_ name: String) throws(APIError) {
    guard OperatorName.isValid(name) else {
      throw APIError(
        .invalid,
        "\(SafeText.quoted(name)) can't be the name of an operator: 1 to 32 small letters, digits, '-' and '_', "
          + "beginning with a letter")
    }
  }
}
