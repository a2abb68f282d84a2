/// A parsed command line.
///
/// Parsed without swift-argument-parser, which needs FoundationEssentials: that would make this binary a third larger, and use
/// memory in every agent, for two subcommands and four options.
public enum Invocation: Sendable, Equatable {
  /// Run the agent.
  case run(configurationPath: String?)
  /// Validate the configuration and test the connection.
  case check(configurationPath: String?, connects: Bool, listsSettings: Bool)
  /// Show the current telemetry.
  case snapshot(isWatching: Bool)
  /// Upgrade packages. Internal: run by the update service.
  case performUpdate(folder: String)
  /// Make the running agent reload its configuration. Internal: run by `ExecReload=` of the unit.
  case performReload(configurationPath: String?)
  /// Print the version.
  case version
  /// Print the usage.
  case help

  /// `EX_USAGE` of sysexits.h: the command line is invalid.
  public static let usageError: Int32 = 64

  /// Parses the arguments and executes the command.
  ///
  /// - Parameter arguments: The arguments without the program name.
  /// - Returns: The exit status.
  public static func perform(_ arguments: some Sequence<String>) async -> Int32 {
    do {
      return try await Invocation(arguments).perform()
    } catch {
      Terminal.print("plusclouds-agent: \(error)\n\n\(usage)", to: .error)
      return usageError
    }
  }

  private func perform() async -> Int32 {
    switch self {
    case .run(let path): return await AgentProgram(configurationPath: path).run()
    case .check(let path, let connects, let listsSettings):
      return await ConnectionCheck(configurationPath: path, connects: connects, listsSettings: listsSettings)
        .run()
    case .snapshot(let isWatching):
      await isWatching ? SnapshotScreen.watch() : SnapshotScreen.once()
    case .performUpdate(let folder): return await UpdateProgram(folder: folder).run()
    case .performReload(let path): return await ReloadProgram(configurationPath: path).run()
    case .version: Terminal.print(AgentVersion.current)
    case .help: Terminal.print(Self.usage)
    }
    return 0
  }

  static let usage = """
    Turns this machine into a managed node: dials out to NATS, reports, and runs what is allowed.

    usage: plusclouds-agent [--config FILE]            run the agent until SIGTERM or SIGINT;
                                                       SIGHUP makes it read its configuration again
           plusclouds-agent check [--config FILE] [--offline] [--settings]
                                                       validate the configuration, print what it would connect as
                                                       (--settings: every key with its value), and test the
                                                       connection (not with --offline)
           plusclouds-agent snapshot [--watch]         print one telemetry payload, or watch this machine
           plusclouds-agent --version | --help

    Without --config, the first of these counts: /etc/plusclouds/agent.yaml, $HOME/.plusclouds/agent.yaml,
    ./configs/agent.yaml, ./agent.yaml.

    exit codes: 0 fine, 1 nats.max_reconnects used up, 64 wrong usage, 69 no connection, 77 refused by the server,
                78 unusable configuration
    """
}

/// Why a command line is invalid.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The message for the user.
  public let description: String
}

extension Invocation {
  /// Parses a command line.
  ///
  /// - Parameter arguments: The arguments without the program name.
  /// - Throws: ``UsageError`` for unknown arguments, so that a misspelt one never starts an agent.
  public init(_ arguments: some Sequence<String>) throws(UsageError) {
    var rest = Array(arguments)[...]
    var subcommand: String?
    var options = Options()
    while let argument = rest.popFirst() {
      switch argument {
      case "--help", "-h", "help":
        self = .help
        return
      case "--version":
        self = .version
        return
      case "--config", "-c":
        guard let path = rest.popFirst() else { throw UsageError(description: "\(argument) needs a file") }
        options.configurationPath = path
      case let option where option.hasPrefix("--config="):
        options.configurationPath = String(option.dropFirst("--config=".count))
      case "--offline": options.isOffline = true
      case "--settings": options.listsSettings = true
      case "--watch": options.isWatching = true
      case let word where !word.hasPrefix("-") && subcommand == nil: subcommand = word
      case let path where path.hasPrefix("/") && subcommand == UpdateProgram.subcommand && rest.isEmpty:
        self = .performUpdate(folder: path)
        return
      default: throw UsageError(description: "unknown argument \"\(argument)\"")
      }
    }
    self = try options.invocation(of: subcommand)
  }

  private struct Options {
    var configurationPath: String?
    var isOffline = false
    var isWatching = false
    var listsSettings = false

    func invocation(of subcommand: String?) throws(UsageError) -> Invocation {
      if configurationPath?.isEmpty == true { throw UsageError(description: "--config needs a file") }
      switch (subcommand, isOffline || listsSettings, isWatching, configurationPath) {
      case (nil, false, false, let path): return .run(configurationPath: path)
      case ("check", _, false, let path):
        return .check(configurationPath: path, connects: !isOffline, listsSettings: listsSettings)
      case (ReloadProgram.subcommand, false, false, let path): return .performReload(configurationPath: path)
      case ("snapshot", false, _, nil): return .snapshot(isWatching: isWatching)
      case ("check"?, _, _, _), ("snapshot"?, _, _, _), (nil, _, _, _):
        throw UsageError(description: "an option that does not go with \(subcommand ?? "running the agent")")
      case (let word?, _, _, _): throw UsageError(description: "unknown subcommand \"\(word)\"")
      }
    }
  }
}
