/// An entry of `agent.allowed_commands`: a program that `exec` may run.
public struct AllowedCommand: Sendable, Equatable {
  /// An absolute path without `..`, compared byte for byte.
  public var path: String
  /// POSIX extended regular expressions, each matched against one whole argument; `nil` = any argument.
  public var arguments: [String]?
  /// The deadline of this command where the caller names none, 1 s to 24 h; `nil` = `agent.command_timeout`.
  public var timeout: Duration?

  /// An entry from its parts; a path alone allows any arguments.
  public init(path: String, arguments: [String]? = nil, timeout: Duration? = nil) {
    self.path = path
    self.arguments = arguments
    self.timeout = timeout
  }
}
