import JSON
import PlatformAPI

/// Renders events as text.
enum EventText {
  /// One line per event.
  static func line(of event: EventView, names: DisplayNameCache, palette: Palette) -> String {
    let payload = event.payload.objectValue ?? [:]
    let operation = payload["command_id"]?.stringValue.flatMap(names.operation)
    let (text, tone) = summary(of: event.type, payload, operation)
    return [
      palette.paint(NumberFormat.time(event.at), .faint), TerminalText.line(names[event.agent]),
      palette.paint(TerminalText.line(event.type), .accent), palette.paint(TerminalText.line(text), tone),
    ].joined(separator: "  ")
  }

  /// - Parameter operation: The operation of the event's command, if it is known.
  private static func summary(
    of type: String, _ payload: JSONObject, _ operation: String?
  ) -> (String, Palette.Tone?) {
    func text(_ key: String) -> String { payload[key]?.stringValue ?? "" }
    switch type {
    case "alert":
      let severity = text("severity")
      let object = text("object_id").isEmpty ? "" : " [\(text("object_id"))]"
      return ("\(severity) \(text("code"))\(object) \(text("message"))", tone(of: severity))
    case "result":
      let parts = [operation ?? "", text("command_id"), text("status"), text("code"), text("message")]
      let isDone = text("status") == "completed"
      return (parts.filter { !$0.isEmpty }.joined(separator: " "), isDone ? .good : .bad)
    case "heartbeat":
      let uptime = payload["uptime_s"]?.doubleValue.map(NumberFormat.duration) ?? "-"
      return (
        "version \(text("version")), up \(uptime), \(payload["tasks_queued"]?.integerValue ?? 0) tasks", nil
      )
    case "capabilities":
      return ("\(payload["operations"]?.arrayValue?.count ?? 0) operations", nil)
    case "telemetry":
      var history = TelemetryHistory(name: "")
      history.add(.object(payload), at: 0)
      let cpu = NumberFormat.percent(history.cpu.last) ?? "-"
      let memory = NumberFormat.percent(history.memory.last) ?? "-"
      return ("cpu \(cpu), memory \(memory)", nil)
    case "progress":
      return (
        "\(operation.map { $0 + " " } ?? "")\(text("command_id")) \(text("stream")): \(text("data"))", nil
      )
    default: return (PrettyJSON.line(of: .object(payload)), nil)
    }
  }

  private static func tone(of severity: String) -> Palette.Tone? {
    switch severity {
    case "critical", "emergency": .bad
    case "warning": .warning
    default: nil
    }
  }
}
