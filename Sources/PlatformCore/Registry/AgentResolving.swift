public import PlatformAPI

/// Finds the agent that a person means.
public protocol AgentResolving: Sendable {
  /// The uuid, in lower case, that `reference` stands for: a uuid, the beginning of one (4 characters or more), or a host name.
  /// Agents of that host name and agents whose uuid begins with it both count.
  ///
  /// - Throws: ``APIError``: `not_found`, or `invalid` when it fits several.
  func resolve(_ reference: String) throws(APIError) -> String
}
