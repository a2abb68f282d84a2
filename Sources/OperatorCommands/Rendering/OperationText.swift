import JSON
import PlatformAPI

/// Renders operations as an operator would type them.
enum OperationText {
  /// An operation with its parameters: `exec /usr/bin/uptime -p`, `services.restart name=nginx`.
  ///
  /// The text may come from an agent or another operator and is not escaped yet.
  static func line(_ operation: String, _ params: JSONValue?) -> String {
    let object = params?.objectValue ?? [:]
    if operation == "exec", let program = object["command"]?.stringValue {
      let arguments = (object["args"]?.arrayValue ?? []).map { $0.stringValue ?? PrettyJSON.line(of: $0) }
      return ([operation] + ([program] + arguments).map(ShellWord.quoted)).joined(separator: " ")
    }
    let parameters = object.members.map { member in
      "\(member.key)=\(ShellWord.quoted(member.value.stringValue ?? PrettyJSON.line(of: member.value)))"
    }
    return ([operation] + parameters).joined(separator: " ")
  }

  /// The operation of a command.
  static func line(_ command: CommandView) -> String { line(command.operation, command.params) }

  /// The details of an audit entry: the operation, the agent, and the other details as JSON.
  static func details(of entry: AuditEntry) -> String {
    guard entry.details != .null else { return "" }
    guard let object = entry.details.objectValue, let operation = object["operation"]?.stringValue else {
      return PrettyJSON.line(of: entry.details)
    }
    var text = line(operation, object["params"])
    if let agent = object["hostname"]?.stringValue
      ?? object["agent"]?.stringValue.map({ String($0.prefix(8)) })
    {
      text += " on \(agent)"
    }
    let shown: Set = ["operation", "params", "agent", "hostname"]
    let rest = JSONObject(object.members.filter { !shown.contains($0.key) })
    return rest.members.isEmpty ? text : "\(text)  \(PrettyJSON.line(of: .object(rest)))"
  }
}
