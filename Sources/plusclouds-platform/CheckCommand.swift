import ArgumentParser
import PlatformCore

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Tells whether serve would work: configuration, keys, both connections.")

  @OptionGroup var options: ConfigurationOption
  @Flag(help: "Read the configuration only.")
  var offline = false

  func run() async throws {
    let check = PlatformCheck(
      path: options.config, environment: ConfigurationOption.environment, connects: !offline)
    throw ExitCode(await check.run { Output.line($0) })
  }
}
