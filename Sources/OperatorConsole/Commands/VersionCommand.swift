import ArgumentParser
import PlatformAPI

/// `plsctl version`
struct VersionCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Show the version of plsctl; plsctl status shows the platform's.",
    discussion: """
      EXAMPLES
        plsctl version
      """)

  func execute(on console: Console) async throws -> ExitStatus {
    console.print(PlatformVersion.current)
    return .done
  }
}
