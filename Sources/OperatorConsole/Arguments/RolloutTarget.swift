import ArgumentParser

/// Which agents a run is for.
struct RolloutTarget: ParsableArguments, Sendable {
  @Option(name: [.customShort("l"), .long], help: "Those it picks, as env=prod,alive=true.")
  var selector: String?
  @Flag(help: "All agents.") var all = false
  @Flag(help: "Also agents that are silent: their commands wait for them.") var includeSilent = false
  @Flag(help: "Also agents that have never connected: their commands wait for them.") var includePending =
    false

  func validate() throws {
    guard selector == nil || !all else {
      throw ValidationError("--selector and --all are two answers to which agents: give one")
    }
    guard selector != nil || all else {
      throw ValidationError("say which agents: --selector env=prod, or --all")
    }
    try SelectorArgument.check(selector)
  }
}
