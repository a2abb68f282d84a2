public import PlatformAPI

/// Resolves references to agents.
public protocol AgentResolving: Sendable {
  /// Resolves a reference: a uuid, at least 4 characters of its beginning, or a host name.
  /// Agents with that host name and agents whose uuid begins with it both match.
  ///
  /// - Returns: The uuid, in lower case.
  /// - Throws: ``APIError``: `not_found`, or `invalid` when it matches several.
  func resolve(_ reference: String) throws(APIError) -> String
}
