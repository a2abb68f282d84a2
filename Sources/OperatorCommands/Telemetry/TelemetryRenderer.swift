/// Renders telemetry: several lines per agent if they fit the terminal, otherwise one line per agent.
enum TelemetryRenderer {
  private static let linesOfOne = 6

  /// The lines.
  static func lines(_ histories: [TelemetryHistory], size: Console.Size, now: Double) -> [StyledLine] {
    guard !histories.isEmpty else {
      var line = StyledLine()
      line.add("waiting for telemetry", .faint)
      return [line]
    }
    if histories.count * linesOfOne <= size.rows {
      return histories.flatMap { large($0, size, now) }
    }
    return [titles(size)] + histories.map { small($0, size, now) }
  }

  /// One line without sparklines, for output that is not a terminal.
  static func logLine(_ history: TelemetryHistory, at: Double) -> String {
    var parts = [NumberFormat.clock(at), history.name]
    if let value = history.cpu.last { parts.append("cpu \(NumberFormat.tenths(value)) %") }
    if let value = history.memory.last { parts.append("memory \(NumberFormat.tenths(value)) %") }
    if let disk = history.fullestDisk {
      parts.append("disk \(NumberFormat.tenths(disk.percent)) % (\(disk.mountpoint))")
    }
    if let received = history.received.last, let sent = history.sent.last {
      parts.append("net in \(NumberFormat.rate(received)) out \(NumberFormat.rate(sent))")
    }
    return TerminalText.line(parts.joined(separator: "  "))
  }

  private static func large(_ history: TelemetryHistory, _ size: Console.Size, _ now: Double) -> [StyledLine]
  {
    let width = min(max(size.columns - 74, 10), 60)
    var title = StyledLine()
    title.add(history.name, .strong)
    if let age = NumberFormat.age(of: history.lastAt, now: now) {
      title.add("  \(age) ago", isStale(history, now) ? .bad : .faint)
    } else {
      title.add("  waiting for telemetry", .faint)
    }
    let load = history.load.map(NumberFormat.tenths).joined(separator: " ")
    let memory = history.memoryBytes.map {
      "\(NumberFormat.bytes($0.used)) of \(NumberFormat.bytes($0.total))"
    }
    let rates = history.diskRates.map {
      "read \(NumberFormat.rate($0.read)), write \(NumberFormat.rate($0.write))"
    }
    let disk =
      history.fullestDisk.map { "\($0.mountpoint) \(NumberFormat.tenths($0.percent)) % full, " } ?? ""
    return [
      title,
      row(
        "cpu", history.cpu, 100, NumberFormat.percent(history.cpu.last), load.isEmpty ? "" : "load \(load)",
        width),
      row("memory", history.memory, 100, NumberFormat.percent(history.memory.last), memory ?? "", width),
      row(
        "disk", history.diskBusy, 100, NumberFormat.percent(history.diskBusy.last), disk + (rates ?? ""),
        width),
      row("net in", history.received, nil, history.received.last.map(NumberFormat.rate), "", width),
      row("net out", history.sent, nil, history.sent.last.map(NumberFormat.rate), "", width),
    ]
  }

  private static func row(
    _ name: String, _ values: [Double], _ ceiling: Double?, _ figure: String?, _ text: String, _ width: Int
  ) -> StyledLine {
    var line = StyledLine()
    line.add("  " + name, width: 11, .faint)
    line.add(Sparkline.text(values, width: width, ceiling: ceiling), tone(of: values.last, ceiling))
    line.add(figure ?? "-", width: 13, isRight: true)
    line.add("  " + text, .faint)
    return line
  }

  private static func titles(_ size: Console.Size) -> StyledLine {
    var line = StyledLine()
    let spark = sparkWidth(size)
    line.add("AGENT", width: nameWidth(size), .faint)
    line.add("CPU", width: spark + 10, isRight: true, .faint)
    line.add("MEMORY", width: spark + 10, isRight: true, .faint)
    line.add("DISK", width: 9, isRight: true, .faint)
    line.add("IN", width: 13, isRight: true, .faint)
    line.add("OUT", width: 13, isRight: true, .faint)
    return line
  }

  private static func small(_ history: TelemetryHistory, _ size: Console.Size, _ now: Double) -> StyledLine {
    var line = StyledLine()
    let spark = sparkWidth(size)
    line.add(history.name, width: nameWidth(size), isStale(history, now) ? .bad : .strong)
    for values in [history.cpu, history.memory] {
      line.add("  " + Sparkline.text(values, width: spark, ceiling: 100), tone(of: values.last, 100))
      line.add(NumberFormat.percent(values.last) ?? "-", width: 8, isRight: true)
    }
    line.add(NumberFormat.percent(history.fullestDisk?.percent) ?? "-", width: 9, isRight: true)
    line.add(history.received.last.map(NumberFormat.rate) ?? "-", width: 13, isRight: true)
    line.add(history.sent.last.map(NumberFormat.rate) ?? "-", width: 13, isRight: true)
    return line
  }

  private static func nameWidth(_ size: Console.Size) -> Int { min(max(size.columns / 5, 10), 36) }
  private static func sparkWidth(_ size: Console.Size) -> Int { min(max((size.columns - 80) / 2, 4), 30) }

  /// Whether no sample was received for two default intervals.
  private static func isStale(_ history: TelemetryHistory, _ now: Double) -> Bool {
    history.lastAt.map { now - $0 > 60 } ?? false
  }

  private static func tone(of value: Double?, _ ceiling: Double?) -> Palette.Tone {
    guard let value, let ceiling, ceiling > 0 else { return .accent }
    return value >= 0.9 * ceiling ? .bad : value >= 0.75 * ceiling ? .warning : .good
  }
}
