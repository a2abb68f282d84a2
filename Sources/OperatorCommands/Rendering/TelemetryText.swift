import JSON

/// Renders telemetry as text.
enum TelemetryText {
  /// The lines of a complete or partial payload.
  static func lines(of payload: JSONValue, palette: Palette) -> [String] {
    guard let object = payload.objectValue else { return [] }
    var lines: [String] = []
    if let cpu = object["cpu"]?.objectValue { lines += self.cpu(cpu, palette) }
    if let memory = object["memory"]?.objectValue { lines += self.memory(memory, palette) }
    for disk in object["disks"]?.arrayValue ?? [] { lines += self.disk(disk.objectValue ?? [:], palette) }
    for interface in object["network"]?.arrayValue ?? [] {
      lines += network(interface.objectValue ?? [:], palette)
    }
    for list in object["omitted"]?.objectValue?.members.prefix(8) ?? [] {
      guard let count = list.value.integerValue, count > 0 else { continue }
      lines.append(TerminalText.line("\(count) more of \(list.key) omitted by the agent"))
    }
    return lines
  }

  /// The lines of the `cpu` section.
  static func cpu(_ cpu: JSONObject, _ palette: Palette) -> [String] {
    let load = (cpu["load_avg"]?.arrayValue ?? []).prefix(3).compactMap { $0.doubleValue.map(hundredths) }
    let cores = cpu["core_count"]?.integerValue ?? 0
    return [
      row(
        "cpu", cpu["usage_pct"]?.doubleValue, "\(cores) cores, load \(load.joined(separator: " "))", palette)
    ]
  }

  /// The lines of the `memory` section.
  static func memory(_ memory: JSONObject, _ palette: Palette) -> [String] {
    let used = memory["used_bytes"]?.doubleValue ?? 0
    let total = memory["total_bytes"]?.doubleValue ?? 0
    var lines = [
      row(
        "memory", memory["usage_pct"]?.doubleValue,
        "\(NumberFormat.bytes(used)) of \(NumberFormat.bytes(total))",
        palette)
    ]
    if let swap = memory["swap_total_bytes"]?.doubleValue, swap > 0 {
      let used = memory["swap_used_bytes"]?.doubleValue ?? 0
      lines.append(
        row("swap", used / swap * 100, "\(NumberFormat.bytes(used)) of \(NumberFormat.bytes(swap))", palette))
    }
    return lines
  }

  /// The lines of one entry of `disks`.
  static func disk(_ disk: JSONObject, _ palette: Palette) -> [String] {
    let used = NumberFormat.bytes(disk["used_bytes"]?.doubleValue ?? 0)
    let total = NumberFormat.bytes(disk["total_bytes"]?.doubleValue ?? 0)
    let place = disk["mountpoint"]?.stringValue ?? disk["device"]?.stringValue ?? "?"
    var text = "\(place)  \(used) of \(total)"
    if let io = disk["io"]?.objectValue {
      text += ", read \(NumberFormat.rate(io["read_bytes_per_s"]?.doubleValue ?? 0))"
      text += ", write \(NumberFormat.rate(io["write_bytes_per_s"]?.doubleValue ?? 0))"
      text += ", busy \(NumberFormat.tenths(io["util_pct"]?.doubleValue ?? 0)) %"
    }
    return [row("disk", disk["usage_pct"]?.doubleValue, text, palette)]
  }

  /// The lines of one entry of `network`.
  static func network(_ interface: JSONObject, _ palette: Palette) -> [String] {
    let name = interface["interface"]?.stringValue ?? "?"
    let state = interface["is_up"]?.boolValue == false ? " (down)" : ""
    var text = "\(name)\(state)  "
    if let received = interface["rx_bytes_per_s"]?.doubleValue,
      let sent = interface["tx_bytes_per_s"]?.doubleValue
    {
      text += "in \(NumberFormat.rate(received)), out \(NumberFormat.rate(sent)), "
    }
    text += "total in \(NumberFormat.bytes(interface["bytes_recv"]?.doubleValue ?? 0))"
    text += ", out \(NumberFormat.bytes(interface["bytes_sent"]?.doubleValue ?? 0))"
    return [palette.paint(pad("net", to: 8), .faint) + pad("", to: 33) + TerminalText.line(text)]
  }

  private static func row(_ name: String, _ percent: Double?, _ text: String, _ palette: Palette) -> String {
    let value = min(max(percent ?? 0, 0), 100)
    let filled = Int((value / 5).rounded())
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
    let number = NumberFormat.percent(percent) ?? "-"
    let tone: Palette.Tone = value >= 90 ? .bad : value >= 75 ? .warning : .good
    return palette.paint(pad(name, to: 8), .faint) + palette.paint(bar, tone)
      + String(repeating: " ", count: max(1, 10 - number.count)) + number + "   " + TerminalText.line(text)
  }

  private static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func hundredths(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "-" }
    let scaled = Int64((value * 100).rounded()).magnitude
    let rest = scaled % 100
    return "\(scaled / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
