import AgentProtocol
import JSON

/// Alerts on OOM kills since the agent started, at most one every five minutes.
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

/// A process that the OOM killer has ended.
struct OOMVictim: Sendable, Equatable {
  /// The PID in the kernel log.
  let pid: Int
  /// The command name (`comm`), at most 15 bytes.
  let name: String

  init(pid: Int, name: String) {
    self.pid = pid
    self.name = name
  }

  /// Parses a line of the kernel log (mm/oom_kill.c), such as
  /// `Out of memory: Killed process 4711 (mysqld) total-vm:…` or `Memory cgroup out of memory: Killed process …`.
  ///
  /// - Returns: nil for other lines.
  init?(line: Substring) {
    // By bytes: a name that begins with a combining character forms one Character with the parenthesis before it.
    let bytes = Array(line.utf8)
    guard let marker = bytes.firstRange(of: Array("Killed process ".utf8)) else { return nil }
    let rest = bytes[marker.upperBound...]
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let pid = Int(String(decoding: digits, as: UTF8.self)),
      rest[digits.endIndex...].starts(with: " (".utf8)
    else { return nil }
    let tail = rest[digits.endIndex...].dropFirst(2)
    // The name may contain parentheses.
    guard
      let end = tail.firstRange(of: Array(") total-vm:".utf8))?.lowerBound
        ?? tail.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    self.init(pid: pid, name: String(decoding: tail[..<end].prefix(64), as: UTF8.self))
  }
}
