import JSON
import PlatformAPI

/// Renders agents as text.
enum AgentText {
  /// A table with one row per agent.
  static func table(of agents: [AgentView], now: Double) -> Table {
    var table = Table([
      .init("UUID", .prefix(8), isKey: true), .init("HOSTNAME", .cut(12), isKey: true),
      .init("STATUS", isKey: true),
      .init("HEARTBEAT", isRight: true, .dropped(1)), .init("VERSION", .dropped(4)),
      .init("OS", .dropped(5)), .init("CPU", isRight: true, .dropped(2)),
      .init("MEMORY", isRight: true, .dropped(2)), .init("DISK", isRight: true, .dropped(3)),
      .init("ALERTS", isRight: true), .init("LABELS", .cut(10)),
    ])
    for agent in agents {
      table.add(
        .init(agent.uuid), .init(agent.hostname), .init(agent.status.rawValue, tone(of: agent.status)),
        .init(NumberFormat.age(of: agent.lastHeartbeat, now: now)), .init(agent.version), .init(agent.os),
        .init(NumberFormat.percent(agent.cpuPct)), .init(NumberFormat.percent(agent.memoryPct)),
        .init(NumberFormat.percent(agent.diskPct), (agent.diskPct ?? 0) >= 90 ? .warning : nil),
        .init("\(agent.openAlerts)", agent.openAlerts > 0 ? .warning : nil),
        .init(LabelArguments.text(agent.labels)))
    }
    return table
  }

  /// The details of one agent.
  static func lines(of detail: AgentDetail, telemetry: JSONValue?, console: Console) -> [String] {
    let agent = detail.agent
    let now = console.now()
    var rows = KeyValueTable(console.palette())
    rows.add("uuid", agent.uuid)
    rows.add("hostname", agent.hostname)
    rows.add("announced", agent.announcedHostname.map { "\($0) (no host name by RFC 1123)" }, .warning)
    rows.add("status", agent.status.rawValue, tone(of: agent.status))
    rows.add("heartbeat", NumberFormat.age(of: agent.lastHeartbeat, now: now).map { $0 + " ago" })
    rows.add("os", agent.os)
    rows.add("version", agent.version)
    rows.add("uptime", agent.uptimeS.map { NumberFormat.duration(Double($0)) })
    rows.add("commands", agent.tasksQueued.map { "\($0) waiting or running" })
    rows.add("labels", LabelArguments.text(agent.labels))
    rows.add("enrolled", NumberFormat.time(detail.enrolledAt) + " by " + detail.enrolledBy)
    rows.add("revoked", detail.revokedAt.map(NumberFormat.time), .bad)
    rows.add("tokens", "\(detail.validTokens) valid")
    rows.add("clone", detail.cloneSuspected, .bad)
    if let operations = detail.capabilities?.objectValue?["operations"]?.arrayValue {
      rows.add(
        "operations",
        operations.compactMap { $0.objectValue?["operation"]?.stringValue }.joined(separator: " "))
    }
    var lines = rows.lines
    for alert in detail.alerts.prefix(32) {
      lines.append(
        console.palette().paint(
          TerminalText.line(
            "alert  \(NumberFormat.time(alert.receivedAt ?? alert.at))  \(alert.severity)  \(alert.code)  \(alert.message)"
          ),
          .warning))
    }
    if let telemetry {
      let age = detail.telemetryAt.flatMap { NumberFormat.age(of: $0, now: now) }
      lines.append("")
      lines.append(console.palette().paint("telemetry" + (age.map { " of \($0) ago" } ?? ""), .faint))
      lines += TelemetryText.lines(of: telemetry, palette: console.palette())
    }
    return lines
  }

  /// The colour of a status.
  static func tone(of status: AgentView.Status) -> Palette.Tone {
    switch status {
    case .alive: .good
    case .silent: .bad
    case .pending: .warning
    case .revoked: .faint
    }
  }
}
