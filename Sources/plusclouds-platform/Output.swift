import ArgumentParser
import Glibc
import Logging
import PlatformAPI
import PlatformCore

/// What goes to the terminal, and how a command fails.
enum Output {
  /// A line to standard output, at once.
  static func line(_ text: String = "") {
    print(text)
    fflush(nil)
  }

  /// A line to standard error, escaped: an error may hold the text of a server.
  static func complain(_ text: String) {
    let bytes = Array("plusclouds-platform: \(SafeText.line(text))\n".utf8)
    // There is nobody to tell that there is nobody to tell.
    _ = write(2, bytes, bytes.count)
  }

  /// Ends the command because of an error, with one line and the exit code of sysexits.h.
  static func fail(_ error: any Error) -> ExitCode {
    if let code = error as? ExitCode { return code }
    complain("\(error)")
    switch error {
    case is PlatformConfigurationError: return ExitCode(PlatformConfigurationError.exitCode)
    case AdministrativeSession.Failure.notPermitted: return ExitCode(PlatformCheck.notPermitted)
    case is AdministrativeSession.Failure, is ProvisioningError: return ExitCode(PlatformCheck.unavailable)
    case let error as APIError:
      let isLater = error.code == .unavailable || error.code == .busy
      // EX_USAGE: what was asked for is not to be had.
      return ExitCode(isLater ? PlatformCheck.unavailable : 64)
    // EX_CANTCREAT
    case is FileProblem: return ExitCode(73)
    case is ValidationError: return ExitCode(64)
    // What is left comes from a server: NATSError, JetStreamError.
    default: return ExitCode(PlatformCheck.unavailable)
    }
  }
}
