import JSON
import Locks
public import PlatformAPI

extension Registry {
  /// The maximum number of operators.
  static let maximumOperators = 1_000

  /// Adds an operator with a token. An existing one gets a new token, which replaces the old one, and the role if one is given.
  ///
  /// - Parameter replaces: Whether an existing operator may be given a new token.
  /// - Throws: `invalid`, `conflict` when no admin would be left, or the operator exists and must not be replaced.
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
              .invalid, "\(name) is the name of the platform itself in the audit record: choose another name")
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

  /// The error for an existing operator that must not be replaced.
  public static func isKnown(_ record: OperatorRecord) -> APIError {
    APIError(
      .conflict,
      "there is an operator \(record.name) already (\(record.role.rawValue)): a new token ends the old one and its connections"
    )
  }

  /// Removes an operator. Observers of ``CredentialDirectory/changes`` close its connections.
  ///
  /// - Throws: `not_found`, `conflict` when no admin would be left.
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

  /// Checks memory only: two instances may remove the last two admins at the same time. The administrator of the platform can add
  /// an operator without being one.
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
