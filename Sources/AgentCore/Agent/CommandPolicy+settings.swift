extension CommandPolicy {
  /// The policy that the configuration states.
  ///
  /// - Throws: ``ConfigurationError`` when an argument pattern is no regular expression.
  init(_ settings: AgentSettings) throws(ConfigurationError) {
    var entries: [ExecutableAllowlist.Entry] = []
    for command in settings.allowedCommands {
      entries.append(
        ExecutableAllowlist.Entry(
          path: command.path, argumentPatterns: try Self.patterns(of: command), timeLimit: command.timeout))
    }
    self.init(allowedOperations: settings.allowedOperations, executables: ExecutableAllowlist(entries))
  }

  private static func patterns(of command: AllowedCommand) throws(ConfigurationError) -> [ArgumentPattern]? {
    guard let expressions = command.arguments else { return nil }
    var patterns: [ArgumentPattern] = []
    for expression in expressions {
      guard let pattern = ArgumentPattern(expression) else {
        throw ConfigurationError(
          file: "configuration", line: nil, key: "agent.allowed_commands",
          message: "\"\(expression)\" of \(command.path) is no POSIX extended regular expression")
      }
      patterns.append(pattern)
    }
    return patterns
  }
}
