import AgentProtocol
import JSON

/// Alerts on updates that require a reboot, and on the end of that requirement.
struct RebootAlerts: AlertCondition {
  private var isReported = false

  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload] {
    guard observation.isRebootRequired != isReported else { return [] }
    isReported = observation.isRebootRequired
    guard isReported else {
      return [
        AlertPayload(
          .info, code: "REBOOT_NO_LONGER_REQUIRED", message: "no reboot is required any more",
          objectType: .system, objectID: "reboot")
      ]
    }
    var details = JSONObject()
    if !observation.rebootPackages.isEmpty {
      details.append("packages", ifPresent: .array(observation.rebootPackages.map(JSONValue.string)))
    }
    return [
      AlertPayload(
        .warning, code: "REBOOT_REQUIRED", message: "installed updates take effect after a reboot",
        objectType: .system, objectID: "reboot", details: details)
    ]
  }
}
