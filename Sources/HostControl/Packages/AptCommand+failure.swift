extension AptCommand {
  /// One sentence on the failure, with the first error message of the program, if any.
  func failure(_ ending: ProcessOutcome.Ending, stderr: String) -> String {
    let program = executable.split(separator: "/").last.map(String.init) ?? executable
    let name = ([program] + verb).joined(separator: " ")
    let how =
      switch ending {
      case .exited(let code): "failed with exit code \(code)"
      case .signalled(let signal): "was ended by signal \(signal)"
      case .terminated: "was ended"
      case .unknown(let reason): "ended: \(reason)"
      }
    let reason = stderr.lines.first { $0.hasPrefix("E: ") || $0.hasPrefix("dpkg: error") }
    return reason.map { "\(name) \(how): \($0.prefix(300))" } ?? "\(name) \(how)"
  }

  private var verb: [String] { arguments.last.map { [$0] } ?? [] }
}
