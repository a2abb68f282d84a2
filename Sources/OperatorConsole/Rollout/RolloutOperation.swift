import JSON

/// The operation that a rollout executes on each agent.
struct RolloutOperation: Sendable, Hashable {
  /// The name, such as `services.restart`.
  let name: String
  /// An object; nil if there are no parameters.
  let params: JSONValue?

  /// Parses the operation and its parameters. `exec` takes the program and its arguments as `plsctl exec` does:
  /// `exec -- /usr/bin/df -h`.
  ///
  /// - Throws: `usage` if a parameter is malformed, or `exec` has no program.
  init(_ operation: String, _ arguments: [String]) throws(ConsoleError) {
    name = operation
    if operation == "exec", let program = arguments.first, program.hasPrefix("/") {
      params = [
        "command": .string(program), "args": .array(arguments.dropFirst().map(JSONValue.string)),
      ]
      return
    }
    params = try ParameterArguments.parse(arguments)
    guard operation != "exec" || params?.objectValue?["command"] != nil else {
      throw ConsoleError(.usage, "which program? plsctl run --selector … exec -- /path/of/program arguments")
    }
  }

  /// The operation as an operator would type it.
  var text: String { OperationText.line(name, params) }
}
