import JSON
import PlatformAPI

/// Renders the results of operations as text.
enum ResultText {
  /// The lines of a result; empty if there is no output.
  static func lines(of outcome: CommandOutcome, console: Console) -> [String] {
    guard let output = outcome.output, output != .null else {
      return outcome.view.state == .completed ? [done(outcome)] : []
    }
    let palette = console.palette()
    switch outcome.view.operation {
    case "system.info": return information(output.objectValue ?? [:], palette)
    case "system.metrics": return TelemetryText.lines(of: output, palette: palette)
    case "system.cpu": return TelemetryText.cpu(part("cpu", of: output), palette)
    case "system.memory": return TelemetryText.memory(part("memory", of: output), palette)
    case "system.disk":
      return list("disks", of: output).flatMap { TelemetryText.disk($0, palette) }
    case "system.network":
      return list("network", of: output).flatMap { TelemetryText.network($0, palette) }
    case "services.list": return services(output.arrayValue ?? [], console)
    case "services.get": return service(output.objectValue ?? [:], console)
    case "logs.tail":
      return (output.objectValue?["lines"]?.arrayValue ?? []).map { TerminalText.line($0.stringValue ?? "") }
    case "exec": return []
    case let name where name.hasPrefix("services."):
      guard outcome.view.state == .completed else { return [] }
      let unit = output.objectValue?["service"]?.stringValue ?? ""
      let message = output.objectValue?["message"]?.stringValue ?? ""
      return [TerminalText.line(message.isEmpty ? "\(unit): done" : "\(unit): \(message)")]
    case let name where name.hasPrefix("vm."): return [done(outcome)]
    default: return generic(output)
    }
  }

  /// Any value as YAML.
  static func generic(_ value: JSONValue) -> [String] {
    do {
      return [try YAMLText.text(of: value)]
    } catch {
      // The value cannot be encoded as YAML.
      return [PrettyJSON.text(of: value)]
    }
  }

  private static func done(_ outcome: CommandOutcome) -> String {
    TerminalText.line("\(outcome.view.operation): done")
  }

  /// A section of telemetry, which the output contains directly or under its name.
  private static func part(_ name: String, of output: JSONValue) -> JSONObject {
    let object = output.objectValue ?? [:]
    return object[name]?.objectValue ?? object
  }

  private static func list(_ name: String, of output: JSONValue) -> [JSONObject] {
    let elements = output.arrayValue ?? output.objectValue?[name]?.arrayValue ?? []
    return elements.compactMap(\.objectValue)
  }

  private static func information(_ info: JSONObject, _ palette: Palette) -> [String] {
    var rows = KeyValueTable(palette)
    for member in info.members {
      switch member.key {
      case "uptime":
        rows.add("uptime", seconds(member.value).map(NumberFormat.duration) ?? plain(member.value))
      case "boot_time":
        rows.add("boot_time", seconds(member.value).map(NumberFormat.time) ?? plain(member.value))
      default: rows.add(member.key, plain(member.value))
      }
    }
    return rows.lines
  }

  private static func seconds(_ value: JSONValue) -> Double? { value.doubleValue }

  private static func plain(_ value: JSONValue) -> String {
    value.stringValue ?? PrettyJSON.line(of: value)
  }

  private static func services(_ services: [JSONValue], _ console: Console) -> [String] {
    var table = Table([
      .init("SERVICE", .cut(20), isKey: true), .init("STATE", isKey: true), .init("SUB", .dropped(1)),
      .init("ENABLED"),
      .init("PID", isRight: true, .dropped(2)), .init("DESCRIPTION", .cut(10)),
    ])
    for service in services.compactMap(\.objectValue) {
      let state = service["state"]?.stringValue
      table.add(
        .init(service["name"]?.stringValue), .init(state, tone(ofState: state)),
        .init(service["sub_state"]?.stringValue),
        .init(service["enabled"]?.boolValue.map { $0 ? "yes" : "no" }),
        .init(service["pid"]?.integerValue.map { "\($0)" }), .init(service["description"]?.stringValue))
    }
    return table.lines(width: console.terminal(.output)?.columns, palette: console.palette())
  }

  private static func service(_ service: JSONObject, _ console: Console) -> [String] {
    var rows = KeyValueTable(console.palette())
    for member in service.members {
      let value =
        member.key == "since"
        ? member.value.doubleValue.map(NumberFormat.time) ?? plain(member.value) : plain(member.value)
      rows.add(member.key, value, member.key == "state" ? tone(ofState: value) : nil)
    }
    return rows.lines
  }

  private static func tone(ofState state: String?) -> Palette.Tone? {
    switch state {
    case "active": .good
    case "failed": .bad
    default: nil
    }
  }
}
