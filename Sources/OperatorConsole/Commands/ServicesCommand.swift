import ArgumentParser

/// `plsctl services …`
struct ServicesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services", abstract: "Show and control the services of a machine.",
    discussion: """
      EXAMPLES
        plsctl services list web-1
        plsctl services restart web-1 nginx
      """,
    subcommands: [
      ServicesListCommand.self, ServicesGetCommand.self, ServicesStartCommand.self,
      ServicesStopCommand.self, ServicesRestartCommand.self, ServicesReloadCommand.self,
      ServicesEnableCommand.self, ServicesDisableCommand.self,
    ])
}
