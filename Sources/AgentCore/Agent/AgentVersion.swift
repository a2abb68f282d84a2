/// The version of this agent.
public enum AgentVersion {
  /// The semantic version that is announced, logged and printed.
  public static let current = "0.1.0"
}
