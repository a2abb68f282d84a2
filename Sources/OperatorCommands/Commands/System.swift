import ArgumentParser

/// `plsctl system …`
struct System: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system", abstract: "Show information about a machine.",
    discussion: """
      EXAMPLES
        plsctl system info web-1
        plsctl system disk web-1 -o json | jq '.result.output'
      """,
    subcommands: [
      Info.self, Metrics.self, CPU.self, Memory.self,
      Disk.self, Network.self,
    ])
}

extension System {
  /// `plsctl system info`
  struct Info: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "info", abstract: "Show host name, operating system, kernel and uptime.",
      discussion: """
        EXAMPLES
          plsctl system info web-1
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.info") }
  }

  /// `plsctl system metrics`
  struct Metrics: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "metrics", abstract: "Show CPU, memory, disks and network together.",
      discussion: """
        EXAMPLES
          plsctl system metrics web-1
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.metrics") }
  }

  /// `plsctl system cpu`
  struct CPU: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "cpu", abstract: "Show CPU usage and load.",
      discussion: """
        EXAMPLES
          plsctl system cpu web-1
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.cpu") }
  }

  /// `plsctl system memory`
  struct Memory: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "memory", abstract: "Show memory and swap usage.",
      discussion: """
        EXAMPLES
          plsctl system memory web-1
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.memory") }
  }

  /// `plsctl system disk`
  struct Disk: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "disk", abstract: "Show usage and I/O of the file systems.",
      discussion: """
        EXAMPLES
          plsctl system disk web-1
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.disk") }
  }

  /// `plsctl system network`
  struct Network: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "network", abstract: "Show traffic of the network interfaces.",
      discussion: """
        EXAMPLES
          plsctl system network web-1
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.network") }
  }
}
