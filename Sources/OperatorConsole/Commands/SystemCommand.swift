import ArgumentParser

/// `plsctl system …`
struct SystemCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system", abstract: "Show information about a machine.",
    discussion: """
      EXAMPLES
        plsctl system info web-1
        plsctl system disk web-1 -o json | jq '.result.output'
      """,
    subcommands: [
      SystemInfoCommand.self, SystemMetricsCommand.self, SystemCPUCommand.self, SystemMemoryCommand.self,
      SystemDiskCommand.self, SystemNetworkCommand.self,
    ])
}
