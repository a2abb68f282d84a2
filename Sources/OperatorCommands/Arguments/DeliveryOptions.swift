import ArgumentParser

/// The options of subcommands that send a command to an agent.
struct DeliveryOptions: ParsableArguments, Sendable {
  @Option(
    help: ArgumentHelp(
      "How long the command may wait for the agent. (default: as long as plsctl waits; with --no-wait the platform's default)",
      valueName: DurationArgument.valueName))
  var expires: DurationArgument?

  @Flag(help: "Do not wait for the result; show the accepted command.")
  var noWait = false
}

extension DeliveryOptions {
  /// The defaults.
  static var unset: DeliveryOptions {
    get throws { try DeliveryOptions.parse([]) }
  }
}
