import JSON

/// What the last telemetry of one agent said, and how it came to that.
struct TelemetryHistory: Sendable {
  /// How many samples are kept.
  static let capacity = 240

  /// The host name, or the uuid.
  let name: String
  /// Percents of all processors, the newest last.
  private(set) var cpu: [Double] = []
  /// Percents of the memory.
  private(set) var memory: [Double] = []
  /// Bytes a second that all interfaces received.
  private(set) var received: [Double] = []
  /// Bytes a second that all interfaces sent.
  private(set) var sent: [Double] = []
  /// Percents of the time that the busiest disk was busy.
  private(set) var diskBusy: [Double] = []
  /// Percent of the fullest disk, and where it is mounted.
  private(set) var fullestDisk: (percent: Double, mountpoint: String)?
  /// Bytes a second read from and written to all disks.
  private(set) var diskRates: (read: Double, write: Double)?
  /// The load averages.
  private(set) var load: [Double] = []
  /// Bytes of memory in use, and of all.
  private(set) var memoryBytes: (used: Double, total: Double)?
  /// When the last sample came, in unix seconds.
  private(set) var lastAt: Double?
  private var counters: (received: Double, sent: Double)?

  init(name: String) { self.name = name }

  /// Takes the payload of a telemetry envelope that came at `at`.
  mutating func add(_ payload: JSONValue, at: Double) {
    guard let object = payload.objectValue else { return }
    if let part = object["cpu"]?.objectValue {
      Self.append(part["usage_pct"]?.doubleValue ?? 0, to: &cpu)
      load = (part["load_avg"]?.arrayValue ?? []).prefix(3).compactMap(\.doubleValue)
    }
    if let part = object["memory"]?.objectValue {
      Self.append(part["usage_pct"]?.doubleValue ?? 0, to: &memory)
      memoryBytes = (part["used_bytes"]?.doubleValue ?? 0, part["total_bytes"]?.doubleValue ?? 0)
    }
    addDisks((object["disks"]?.arrayValue ?? []).compactMap(\.objectValue))
    addNetwork((object["network"]?.arrayValue ?? []).compactMap(\.objectValue), at: at)
    lastAt = at
  }

  private mutating func addDisks(_ disks: [JSONObject]) {
    let fullest = disks.max { ($0["usage_pct"]?.doubleValue ?? 0) < ($1["usage_pct"]?.doubleValue ?? 0) }
    fullestDisk = fullest.map {
      ($0["usage_pct"]?.doubleValue ?? 0, $0["mountpoint"]?.stringValue ?? "?")
    }
    let io = disks.compactMap { $0["io"]?.objectValue }
    guard !io.isEmpty else { return }
    func total(_ key: String) -> Double { io.reduce(0) { $0 + ($1[key]?.doubleValue ?? 0) } }
    diskRates = (total("read_bytes_per_s"), total("write_bytes_per_s"))
    Self.append(io.map { $0["util_pct"]?.doubleValue ?? 0 }.max() ?? 0, to: &diskBusy)
  }

  /// The agent of old sends counters only: then the rate is what they grew by since the sample before.
  private mutating func addNetwork(_ interfaces: [JSONObject], at: Double) {
    func total(_ key: String) -> Double? {
      let values = interfaces.compactMap { $0[key]?.doubleValue }
      return values.isEmpty ? nil : values.reduce(0, +)
    }
    let now = (received: total("bytes_recv") ?? 0, sent: total("bytes_sent") ?? 0)
    defer { counters = now }
    if let received = total("rx_bytes_per_s"), let sent = total("tx_bytes_per_s") {
      Self.append(received, to: &self.received)
      Self.append(sent, to: &self.sent)
    } else if let before = counters, let lastAt, at > lastAt {
      Self.append(max(0, now.received - before.received) / (at - lastAt), to: &received)
      Self.append(max(0, now.sent - before.sent) / (at - lastAt), to: &sent)
    }
  }

  private static func append(_ value: Double, to values: inout [Double]) {
    values.append(value.isFinite ? max(value, 0) : 0)
    if values.count > capacity { values.removeFirst(values.count - capacity) }
  }
}
