import ArgumentParser
import PlatformCore

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Checks whether serve would work: configuration, keys, both connections.")

  @OptionGroup var options: ConfigurationOption
  @Flag(help: "Read the configuration only.")
  var offline = false
  @Flag(help: "Print every key with the value in effect, too.")
  var settings = false

  func run() async throws {
    let check = PlatformCheck(
      path: options.config, environment: ConfigurationOption.environment, connects: !offline,
      listsSettings: settings)
    throw ExitCode(await check.run { Output.line($0) })
  }
}
