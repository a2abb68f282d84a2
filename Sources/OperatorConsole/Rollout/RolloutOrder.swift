import JSON

/// What a run has every agent do.
struct RolloutOrder: Sendable, Hashable {
  /// As `services.restart`.
  let operation: String
  /// An object; nil for none.
  let params: JSONValue?

  /// Reads the operation and its parameters from a command line. `exec` takes the program and its arguments as `plsctl exec` does:
  /// `exec -- /usr/bin/df -h`.
  ///
  /// - Throws: usage.
  init(_ operation: String, _ arguments: [String]) throws(ConsoleError) {
    self.operation = operation
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

  /// As an operator would type it.
  var text: String { OperationText.line(operation, params) }
}
