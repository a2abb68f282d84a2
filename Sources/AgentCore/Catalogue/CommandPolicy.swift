import Encoding

/// The operations and executables that the local configuration allows. No message can widen it.
struct CommandPolicy: Sendable {
  private let allowedOperations: Set<ExactString>
  /// The executables that `exec` may run.
  let executables: ExecutableAllowlist

  /// Creates a policy. Operations that are not named are rejected.
  init(allowedOperations: some Sequence<String>, executables: ExecutableAllowlist) {
    self.allowedOperations = Set(allowedOperations.map(ExactString.init))
    self.executables = executables
  }

  /// Whether an operation may run. Names are compared byte for byte.
  func allows(_ operation: String) -> Bool {
    allowedOperations.contains(ExactString(operation))
  }
}

extension CommandPolicy {
  /// Creates the policy from the section `agent` of the configuration.
  init(_ settings: AgentSettings) {
    self.init(
      allowedOperations: settings.allowedOperations,
      executables: ExecutableAllowlist(
        settings.allowedCommands.map {
          ExecutableAllowlist.Entry(
            path: $0.path, argumentPatterns: $0.arguments, timeLimit: $0.timeout, user: $0.user)
        }))
  }
}
