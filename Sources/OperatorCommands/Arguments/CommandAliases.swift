import Encoding

/// Earlier spellings of subcommands. They are accepted, but not listed in the help or in completions.
enum CommandAliases {
  private static let agents = [
    ("enrol-token", "enroll-token"), ("enrolments", "enrollments"), ("enrol-revoke", "enroll-revoke"),
    ("enrol", "enroll"),
  ]

  /// Replaces an earlier spelling of the subcommand by the current one.
  ///
  /// - Parameter arguments: The command line without the program's name. It may start with `help`, or with the word that generated
  ///   completion scripts pass.
  static func resolve(_ arguments: [String]) -> [String] {
    var position = 0
    if let first = arguments.first, ["help", "---completion"].containsExactly(first) { position = 1 }
    guard arguments.count > position + 1, arguments[position].hasSameBytes(as: "agents"),
      let alias = agents.first(where: { $0.0.hasSameBytes(as: arguments[position + 1]) })
    else { return arguments }
    var arguments = arguments
    arguments[position + 1] = alias.1
    return arguments
  }
}
