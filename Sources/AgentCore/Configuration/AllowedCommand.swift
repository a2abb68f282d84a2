/// An entry of `agent.allowed_commands`: a program that `exec` may run.
struct AllowedCommand: Sendable, Equatable {
  /// An absolute path without `..`, compared byte for byte.
  var path: String
  /// One pattern for each argument, in order; empty = no argument, `nil` = any arguments.
  var arguments: [ArgumentPattern]?
  /// The longest that a run may take, 1 s to 24 h, and its deadline where the caller names none; `nil` = no limit of its
  /// own, and `agent.command_timeout` as the deadline.
  var timeout: Duration?
  /// The user to run it as, without any privilege of the agent; `nil` = as the agent.
  var user: String?
}
