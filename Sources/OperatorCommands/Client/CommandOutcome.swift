import JSON
import PlatformAPI

/// The outcome of a command, decoded from the platform's view of it.
struct CommandOutcome: Sendable {
  /// The decoded view.
  let view: CommandView
  /// The output of the operation as the agent sent it.
  let output: JSONValue?
  /// The error code of a command that did not complete.
  let code: String?
  /// The message of the result.
  let message: String?
  /// Whether the output was truncated.
  let isTruncated: Bool

  /// Decodes a view.
  ///
  /// - Throws: `unreachable` if it is malformed.
  init(_ json: JSONValue) throws(ConsoleError) {
    view = try PlatformClient.decode(CommandView.self, from: json, of: .commandsShow)
    let result = json.objectValue?["result"]?.objectValue
    output = result?["output"]
    code = result?["code"]?.stringValue
    message = result?["message"]?.stringValue
    isTruncated = result?["truncated"]?.boolValue ?? false
  }

  /// The exit status. For `exec`, the exit code of the remote program.
  var status: ExitStatus {
    if view.operation == "exec", let code = exitCode { return ExitStatus(rawValue: code) }
    switch view.state {
    case .completed: return .done
    case .failed: return code == "timed_out" ? .timedOut : .failed
    case .rejected: return code == "expired" ? .timedOut : .refused
    case .expired, .unknown: return .timedOut
    case .cancelled: return .failed
    case .pending, .sent: return .timedOut
    }
  }

  /// The exit code of the remote program, 0 to 255; nil if it did not run to its end.
  var exitCode: Int32? {
    guard view.state == .completed || view.state == .failed, code != "timed_out", code != "cancelled",
      let code = output?.objectValue?["exit_code"]?.integerValue, (0...255).contains(code)
    else { return nil }
    return Int32(code)
  }

  /// A one-line error or warning; nil if the command completed without one.
  var diagnostic: String? {
    var reason = message ?? ""
    if let code, code != "failed", code != view.state.rawValue {
      reason = reason.isEmpty ? code : "\(reason) (\(code))"
    }
    let end = reason.isEmpty ? "" : ": \(reason)"
    switch view.state {
    case .completed:
      let note = isTruncated ? "the output was truncated" : nil
      return message.flatMap { $0.isEmpty ? nil : $0 } ?? note
    case .failed: return "\(view.operation) failed\(end)"
    case .rejected: return "\(view.operation) was refused\(end)\(Self.advice(code))"
    case .expired: return "\(view.operation) expired before the agent ran it; --expires gives it more time"
    case .cancelled: return "\(view.operation) was cancelled\(end)"
    case .unknown: return "\(view.operation) was sent and got no answer: whether it ran is not known"
    case .pending, .sent: return "\(view.operation) has not finished yet: plsctl commands wait \(view.id)"
    }
  }

  private static func advice(_ code: String?) -> String {
    code == "not_permitted" ? "; allow it in the agent's own agent.yaml" : ""
  }
}
