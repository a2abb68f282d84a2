/// The version of this agent.
public enum AgentVersion {
  /// As announced, logged and printed (semantic versioning).
  public static let current = "0.1.0"
}
