import ArgumentParser

/// `plsctl reboot`
struct RebootCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "reboot", abstract: "Reboot a machine.",
    discussion: """
      EXAMPLES
        plsctl reboot web-1
        plsctl reboot web-1 --yes
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let target = try await session.resolve(agent, hostname: .always, isReported: yes)
    try session.confirm("reboot agent \(target)", isAgreed: yes)
    return try await session.execute(.init(target, "vm.reboot"), delivery)
  }
}
