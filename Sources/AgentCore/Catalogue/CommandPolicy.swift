/// What the local configuration allows. Nothing that comes over the wire can widen it.
struct CommandPolicy: Sendable {
  private let allowedOperations: Set<String>
  /// What `exec` may run.
  let executables: ExecutableAllowlist

  /// A policy. Every operation that is not named is refused.
  init(allowedOperations: some Sequence<String>, executables: ExecutableAllowlist) {
    self.allowedOperations = Set(allowedOperations)
    self.executables = executables
  }

  /// Whether an operation may run, matched exactly.
  func allows(_ operation: String) -> Bool {
    allowedOperations.contains(operation)
  }
}

extension CommandPolicy {
  /// The policy that the configuration states.
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
