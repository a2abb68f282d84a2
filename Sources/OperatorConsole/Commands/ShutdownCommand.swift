import ArgumentParser

/// `plsctl shutdown`
struct ShutdownCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "shutdown", abstract: "Power off a machine.",
    discussion: """
      EXAMPLES
        plsctl shutdown web-1
        plsctl shutdown web-1 --yes
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let target = try await session.resolve(agent, hostname: .always, isReported: yes)
    try session.confirm("shut down agent \(target)", isAgreed: yes)
    return try await session.execute(.init(target, "vm.shutdown"), delivery)
  }
}
