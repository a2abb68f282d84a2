import ArgumentParser
import PlatformAPI

/// The entry point of `plsctl`.
public enum PlsctlProgram {
  /// Parses the arguments and executes the command.
  ///
  /// - Parameter arguments: The command line without the program's name.
  /// - Returns: The exit status of the process.
  public static func run(_ arguments: [String], on console: Console) async -> ExitStatus {
    do {
      var command = try await PlsctlCommand.asyncParseAsRoot(CommandAliases.resolve(arguments))
      if let command = command as? any ConsoleCommand { return try await command.execute(on: console) }
      // Groups without a subcommand and the parser's own commands print help or completions.
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return .done
    } catch let error as ConsoleError {
      console.report(error.message)
      return error.status
    } catch let error as APIError {
      console.report(error.message)
      return ConsoleError(error).status
    } catch is CancellationError {
      return .interrupted
    } catch {
      return report(error, console)
    }
  }

  /// Prints the parser's message: help to standard output, errors to standard error.
  private static func report(_ error: any Error, _ console: Console) -> ExitStatus {
    let code = PlsctlCommand.exitCode(for: error)
    let message = PlsctlCommand.fullMessage(for: error)
    if code.isSuccess {
      if !message.isEmpty { console.print(message) }
      return .done
    }
    guard code == .validationFailure else {
      if !message.isEmpty { console.report(message) }
      return ExitStatus(rawValue: code.rawValue)
    }
    console.report(oneLine(PlsctlCommand.message(for: error)) + helpHint(in: message))
    return .usage
  }

  private static func oneLine(_ message: String) -> String {
    message.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// The command that prints the relevant help, taken from the last line of the parser's message.
  private static func helpHint(in message: String) -> String {
    let parts = message.split(separator: "'")
    guard let command = parts.last(where: { $0.hasPrefix("plsctl ") && $0.hasSuffix("--help") }) else {
      return ""
    }
    return " (see \(command))"
  }
}
