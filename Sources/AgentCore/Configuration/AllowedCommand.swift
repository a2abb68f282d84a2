/// An entry of `agent.allowed_commands`: a program that `exec` may run.
struct AllowedCommand: Sendable, Equatable {
  /// An absolute path without `..`, compared byte for byte.
  var path: String
  /// One pattern for each argument, in order; empty = no argument, `nil` = any arguments.
  var arguments: [ArgumentPattern]?
  /// The deadline of this command where the caller names none, 1 s to 24 h; `nil` = `agent.command_timeout`.
  var timeout: Duration?
}
