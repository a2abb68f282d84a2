import JSON
import PlatformAPI

/// How a command ended, read from the platform's view of it.
struct CommandEnding: Sendable {
  /// The platform's view.
  let view: CommandView
  /// What the operation gave back, as the agent wrote it.
  let output: JSONValue?
  /// Why it did not complete, for programs.
  let code: String?
  /// Why, for people.
  let message: String?
  /// Whether a part of the output was left out.
  let isTruncated: Bool

  /// Reads a view.
  ///
  /// - Throws: unreachable, when it is none.
  init(_ json: JSONValue) throws(ConsoleError) {
    view = try PlatformClient.decode(CommandView.self, from: json, of: .commandsShow)
    let result = json.objectValue?["result"]?.objectValue
    output = result?["output"]
    code = result?["code"]?.stringValue
    message = result?["message"]?.stringValue
    isTruncated = result?["truncated"]?.boolValue ?? false
  }

  /// What to exit with: `exec` passes the remote program's code on.
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

  /// The exit code of a remote program that ran, as a shell would see it.
  var exitCode: Int32? {
    guard view.state == .completed || view.state == .failed, code != "timed_out", code != "cancelled",
      let code = output?.objectValue?["exit_code"]?.integerValue, (0...255).contains(code)
    else { return nil }
    return Int32(code)
  }

  /// One line on what went wrong or was left undone; nil where nothing was, or a remote program's exit code says it all.
  var complaint: String? {
    var reason = message ?? ""
    if let code, code != "failed", code != view.state.rawValue {
      reason = reason.isEmpty ? code : "\(reason) (\(code))"
    }
    let end = reason.isEmpty ? "" : ": \(reason)"
    switch view.state {
    case .completed:
      let note = isTruncated ? "a part of the output was left out" : nil
      return message.flatMap { $0.isEmpty ? nil : $0 } ?? note
    case .failed: return "\(view.operation) failed\(end)"
    case .rejected: return "\(view.operation) was refused\(end)\(Self.advice(code))"
    case .expired: return "\(view.operation) expired before the agent ran it; --expires gives it more time"
    case .cancelled: return "\(view.operation) was cancelled\(end)"
    case .unknown: return "\(view.operation) was sent and never answered: whether it ran is not known"
    case .pending, .sent: return "\(view.operation) has not ended yet: plsctl commands wait \(view.id)"
    }
  }

  private static func advice(_ code: String?) -> String {
    code == "not_permitted" ? "; allow it in the agent's own agent.yaml" : ""
  }
}
