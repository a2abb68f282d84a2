import ArgumentParser

/// The options of what sends a command to an agent.
struct DeliveryOptions: ParsableArguments, Sendable {
  @Option(
    help: ArgumentHelp(
      "How long the command may wait for the agent. (default: as long as plsctl waits; with --no-wait the platform's)",
      valueName: DurationArgument.valueName))
  var expires: DurationArgument?

  @Flag(help: "Do not wait for the result; show the accepted command.")
  var noWait = false
}

extension DeliveryOptions {
  /// As when nothing was said on the command line.
  static var unset: DeliveryOptions {
    get throws { try DeliveryOptions.parse([]) }
  }
}
