import ArgumentParser
import JSON

/// `plsctl services …`
struct Services: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services", abstract: "Show and control the services of a machine.",
    discussion: """
      EXAMPLES
        plsctl services list web-1
        plsctl services restart web-1 nginx
      """,
    subcommands: [
      List.self, Get.self, Start.self,
      Stop.self, Restart.self, Reload.self,
      Enable.self, Disable.self,
    ])
}

extension Services {
  /// `plsctl services list`
  struct List: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the services loaded by systemd.",
      discussion: """
        EXAMPLES
          plsctl services list web-1
        """,
      aliases: ["ls"])

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "services.list") }
  }

  /// `plsctl services get`
  struct Get: ServiceCommand {
    static let operation = "services.get"
    static let configuration = CommandConfiguration(
      commandName: "get", abstract: "Show the state of a service.",
      discussion: """
        EXAMPLES
          plsctl services get web-1 nginx
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "The service; .service can be omitted.") var service: String
  }

  /// `plsctl services start`
  struct Start: ServiceCommand {
    static let operation = "services.start"
    static let configuration = CommandConfiguration(
      commandName: "start", abstract: "Start a service.",
      discussion: """
        EXAMPLES
          plsctl services start web-1 nginx
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "The service; .service can be omitted.") var service: String
  }

  /// `plsctl services stop`
  struct Stop: ServiceCommand {
    static let operation = "services.stop"
    static let configuration = CommandConfiguration(
      commandName: "stop", abstract: "Stop a service.",
      discussion: """
        EXAMPLES
          plsctl services stop web-1 nginx
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "The service; .service can be omitted.") var service: String
  }

  /// `plsctl services restart`
  struct Restart: ServiceCommand {
    static let operation = "services.restart"
    static let configuration = CommandConfiguration(
      commandName: "restart", abstract: "Restart a service.",
      discussion: """
        EXAMPLES
          plsctl services restart web-1 nginx
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "The service; .service can be omitted.") var service: String
  }

  /// `plsctl services reload`
  struct Reload: ServiceCommand {
    static let operation = "services.reload"
    static let configuration = CommandConfiguration(
      commandName: "reload", abstract: "Reload the configuration of a service.",
      discussion: """
        EXAMPLES
          plsctl services reload web-1 nginx
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "The service; .service can be omitted.") var service: String
  }

  /// `plsctl services enable`
  struct Enable: ServiceCommand {
    static let operation = "services.enable"
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: "Enable a service at boot.",
      discussion: """
        EXAMPLES
          plsctl services enable web-1 nginx
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "The service; .service can be omitted.") var service: String
  }

  /// `plsctl services disable`
  struct Disable: ServiceCommand {
    static let operation = "services.disable"
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "Disable a service at boot.",
      discussion: """
        EXAMPLES
          plsctl services disable web-1 nginx
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "The service; .service can be omitted.") var service: String
  }
}

/// A subcommand that executes one operation on one service.
protocol ServiceCommand: OperationCommand {
  /// The name of the operation.
  static var operation: String { get }
  /// The service on the command line.
  var service: String { get }
}

extension ServiceCommand {
  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, Self.operation, ["name": .string(service)])
  }
}
