import AgentProtocol
import JSON

/// Processes that the kernel killed for want of memory. Those before the agent started are not told, and one alert stands for
/// all kills of five minutes.
struct OOMKillAlerts: AlertCondition {
  private static let pause = Duration.seconds(300)
  private static let maximumVictims = 10

  private var known: UInt64?
  private var lastReport: ContinuousClock.Instant?

  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload] {
    guard let kills = observation.oomKills else { return [] }
    guard let known, kills >= known else {
      known = kills
      return []
    }
    guard kills > known else { return [] }
    if let lastReport, observation.time - lastReport < Self.pause { return [] }
    let count = kills - known
    self.known = kills
    lastReport = observation.time
    let victims = observation.oomVictims(Int(min(count, UInt64(Self.maximumVictims))))
    var details: JSONObject = ["count": JSONValue(count)]
    if !victims.isEmpty {
      details.append(
        "victims", ifPresent: .array(victims.map { ["pid": JSONValue($0.pid), "name": .string($0.name)] }))
    }
    let names = victims.map(\.name).joined(separator: ", ")
    return [
      AlertPayload(
        .critical, code: "OOM_KILL",
        message: "out of memory: the kernel killed "
          + (count == 1 ? "a process" : "\(count) processes") + (names.isEmpty ? "" : " (\(names))"),
        objectType: .system, objectID: "memory", details: details)
    ]
  }
}
