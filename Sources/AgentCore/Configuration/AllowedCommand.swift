/// An entry of `agent.allowed_commands`: a program that `exec` may run.
struct AllowedCommand: Sendable, Equatable {
  /// An absolute path without `..`, compared byte for byte.
  var path: String
  /// One pattern for each argument, in order; empty = no argument, `nil` = any arguments.
  var arguments: [ArgumentPattern]?
  /// The maximum time of a run, 1 s to 24 h, and its timeout when the command sets none; `nil` = no limit of its own, and
  /// `agent.command_timeout` as the default.
  var timeout: Duration?
  /// The user to run the program as, without the agent's privileges; `nil` = the agent's own user.
  var user: String?
}
