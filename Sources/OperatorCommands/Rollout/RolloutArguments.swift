import ArgumentParser
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

/// The options that select the agents of a rollout.
struct RolloutTarget: ParsableArguments, Sendable {
  @Option(name: [.customShort("l"), .long], help: "The agents that match, such as env=prod,alive=true.")
  var selector: String?
  @Flag(help: "All agents.") var all = false
  @Flag(help: "Include silent agents; their commands wait for them.") var includeSilent = false
  @Flag(help: "Include agents that have never connected; their commands wait for them.") var includePending =
    false

  func validate() throws {
    guard selector == nil || !all else {
      throw ValidationError("--selector and --all exclude each other")
    }
    guard selector != nil || all else {
      throw ValidationError("no agents are selected: give --selector env=prod, or --all")
    }
    try SelectorArgument.check(selector)
  }
}

/// The number of agents in a batch: absolute, or a percentage such as `25%`.
enum BatchSize: Sendable, Hashable, ExpressibleByArgument {
  /// An absolute number.
  case agents(Int)
  /// A percentage of all agents, rounded up.
  case percent(Int)

  init?(argument: String) {
    if argument.hasSuffix("%") {
      guard let percent = Int(argument.dropLast()), (1...100).contains(percent) else { return nil }
      self = .percent(percent)
    } else {
      guard let count = Int(argument), count >= 1 else { return nil }
      self = .agents(count)
    }
  }

  /// The default value in the help.
  var defaultValueDescription: String {
    switch self {
    case .agents(let count): "\(count)"
    case .percent(let percent): "\(percent)%"
    }
  }

  /// The number of agents in a batch.
  ///
  /// - Parameter total: The number of all agents.
  func count(of total: Int) -> Int {
    switch self {
    case .agents(let count): count
    case .percent(let percent): max(1, (total * percent + 99) / 100)
    }
  }
}
