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
