import ArgumentParser

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
