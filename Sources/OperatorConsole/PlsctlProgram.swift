import ArgumentParser
import PlatformAPI

/// A run of `plsctl`.
public enum PlsctlProgram {
  /// Parses the arguments and does what they say.
  ///
  /// - Parameter arguments: without the program's name.
  public static func run(_ arguments: [String], on console: Console) async -> ExitStatus {
    do {
      var command = try await PlsctlCommand.asyncParseAsRoot(arguments)
      if let command = command as? any ConsoleCommand { return try await command.execute(on: console) }
      // Groups without a subcommand, and what the parser brings: they show help or completions.
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return .done
    } catch let error as ConsoleError {
      console.note(error.message)
      return error.status
    } catch let error as APIError {
      console.note(error.message)
      return ConsoleError(error).status
    } catch is CancellationError {
      return .interrupted
    } catch {
      return end(with: error, console)
    }
  }

  /// What the parser has to say: help to standard output, mistakes to standard error.
  private static func end(with error: any Error, _ console: Console) -> ExitStatus {
    let code = PlsctlCommand.exitCode(for: error)
    let message = PlsctlCommand.fullMessage(for: error)
    if code.isSuccess {
      if !message.isEmpty { console.print(message) }
      return .done
    }
    guard code == .validationFailure else {
      if !message.isEmpty { console.note(message) }
      return ExitStatus(rawValue: code.rawValue)
    }
    console.note(oneLine(PlsctlCommand.message(for: error)) + advice(in: message))
    return .usage
  }

  private static func oneLine(_ message: String) -> String {
    message.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// Which help tells more: the parser says so in its last line.
  private static func advice(in message: String) -> String {
    let parts = message.split(separator: "'")
    guard let command = parts.last(where: { $0.hasPrefix("plsctl ") && $0.hasSuffix("--help") }) else {
      return ""
    }
    return " (\(command) tells more)"
  }
}
