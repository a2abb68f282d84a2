import ArgumentParser
import Glibc
import Logging
import PlatformAPI
import PlatformCore

/// Output to the terminal, and exit codes.
enum Output {
  /// Prints a line to standard output and flushes it.
  static func line(_ text: String = "") {
    print(text)
    fflush(nil)
  }

  /// Prints a line to standard error, escaped: an error may contain text of a server.
  static func printError(_ text: String) {
    let bytes = Array("plusclouds-platform: \(SafeText.line(text))\n".utf8)
    // A failed write to standard error cannot be reported anywhere.
    _ = write(2, bytes, bytes.count)
  }

  /// Prints an error as one line and returns the exit code of sysexits.h.
  static func fail(_ error: any Error) -> ExitCode {
    if let code = error as? ExitCode { return code }
    printError("\(error)")
    switch error {
    case is PlatformConfigurationError: return ExitCode(PlatformConfigurationError.exitCode)
    case AdministrativeSession.Failure.notPermitted: return ExitCode(PlatformCheck.notPermitted)
    case is AdministrativeSession.Failure, is ProvisioningError: return ExitCode(PlatformCheck.unavailable)
    case let error as APIError:
      let isLater = error.code == .unavailable || error.code == .busy
      // EX_USAGE: the request itself is wrong.
      return ExitCode(isLater ? PlatformCheck.unavailable : 64)
    // EX_CANTCREAT
    case is FileError: return ExitCode(73)
    case is ValidationError: return ExitCode(64)
    // Errors of a server: NATSError, JetStreamError.
    default: return ExitCode(PlatformCheck.unavailable)
    }
  }
}
