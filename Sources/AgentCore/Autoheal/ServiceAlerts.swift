import AgentProtocol
import JSON

/// The alerts that autoheal raises.
enum ServiceAlerts {
  /// A service failed and will be restarted.
  static func failed(
    _ unit: String, cause: String, restartIn delay: Duration, attempt: Int, of maximum: Int
  ) -> AlertPayload {
    let seconds = Int(clamping: delay.components.seconds)
    return alert(
      .warning, "SERVICE_FAILED", unit,
      "\(unit) failed (\(cause)); restart \(attempt) of \(maximum) in \(seconds) s",
      [
        "result": .string(cause), "restart_in_s": JSONValue(seconds), "attempt": JSONValue(attempt),
        "max_restarts": JSONValue(maximum),
      ])
  }

  /// A service failed and will not be restarted.
  static func failed(_ unit: String, cause: String?, notRestarted reason: String) -> AlertPayload {
    var details = JSONObject()
    details.append("result", ifPresent: cause.map(JSONValue.string))
    details.append("not_restarted", ifPresent: .string(reason))
    let shown = cause.map { " (\($0))" } ?? ""
    return alert(
      .warning, "SERVICE_FAILED", unit, "\(unit) failed\(shown); not restarted: \(reason)", details)
  }

  /// A service failed too often.
  static func givenUp(_ unit: String, cause: String, restarts: Int) -> AlertPayload {
    alert(
      .critical, "SERVICE_GIVEN_UP", unit,
      "\(unit) failed again (\(cause)) after \(restarts) restarts in ten minutes; it is not restarted again "
        + "until it is started manually",
      ["result": .string(cause), "restarts": JSONValue(restarts)])
  }

  /// A service is no longer failed.
  static func recovered(_ unit: String, isRunning: Bool, restarts: Int) -> AlertPayload {
    alert(
      .info, "SERVICE_RECOVERED", unit,
      isRunning ? "\(unit) runs again" : "\(unit) ended without failing", ["restarts": JSONValue(restarts)])
  }

  private static func alert(
    _ severity: AlertPayload.Severity, _ code: String, _ unit: String, _ message: String,
    _ details: JSONObject
  ) -> AlertPayload {
    AlertPayload(
      severity, code: code, message: message, objectType: .system, objectID: unit, details: details)
  }
}
