import AgentProtocol
import JSON

/// An update that counts after a reboot: told once, and once more when it is no longer due.
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
        .warning, code: "REBOOT_REQUIRED", message: "updates that were installed count after a reboot",
        objectType: .system, objectID: "reboot", details: details)
    ]
  }
}
