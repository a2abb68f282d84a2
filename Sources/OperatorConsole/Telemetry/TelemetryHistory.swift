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
  /// Bytes a second that the machine received.
  private(set) var received: [Double] = []
  /// Bytes a second that the machine sent.
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
  /// Of each interface that is summed.
  private var counters: [String: Counters]?

  private struct Counters: Sendable {
    var received: Double
    var sent: Double
  }

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
    // A file system that takes no writes does not run full.
    let fullest = disks.filter { $0["read_only"]?.boolValue != true }
      .max { ($0["usage_pct"]?.doubleValue ?? 0) < ($1["usage_pct"]?.doubleValue ?? 0) }
    fullestDisk = fullest.map {
      ($0["usage_pct"]?.doubleValue ?? 0, $0["mountpoint"]?.stringValue ?? "?")
    }
    // What a loop device reads and writes, the disk with its file reads and writes, too.
    let isLoop: (JSONObject) -> Bool = { $0["device"]?.stringValue?.hasPrefix("/dev/loop") ?? false }
    let all = disks.filter { $0["io"]?.objectValue != nil }
    let real = all.filter { !isLoop($0) }
    let io = (real.isEmpty ? all : real).compactMap { $0["io"]?.objectValue }
    guard !io.isEmpty else { return }
    func total(_ key: String) -> Double { io.reduce(0) { $0 + ($1[key]?.doubleValue ?? 0) } }
    diskRates = (total("read_bytes_per_s"), total("write_bytes_per_s"))
    Self.append(io.map { $0["util_pct"]?.doubleValue ?? 0 }.max() ?? 0, to: &diskBusy)
  }

  /// Sums the interfaces that do not count each other's traffic. An agent of an earlier version sends counters only: then the rate is
  /// what they grew by since the sample before.
  private mutating func addNetwork(_ all: [JSONObject], at: Double) {
    let interfaces = InterfaceTotals.counted(all)
    var now: [String: Counters] = [:]
    for interface in interfaces {
      guard let name = interface["interface"]?.stringValue else { continue }
      now[name] = Counters(
        received: interface["bytes_recv"]?.doubleValue ?? 0, sent: interface["bytes_sent"]?.doubleValue ?? 0)
    }
    defer { counters = now }
    func rate(_ key: String) -> Double? {
      let values = interfaces.compactMap { $0[key]?.doubleValue }
      return values.isEmpty ? nil : values.reduce(0, +)
    }
    if let received = rate("rx_bytes_per_s"), let sent = rate("tx_bytes_per_s") {
      Self.append(received, to: &self.received)
      Self.append(sent, to: &self.sent)
    } else if let before = counters, let lastAt, at > lastAt {
      // An interface that is new had its traffic before.
      func growth(_ counter: KeyPath<Counters, Double>) -> Double {
        now.reduce(0) { sum, interface in
          guard let earlier = before[interface.key] else { return sum }
          return sum + max(0, interface.value[keyPath: counter] - earlier[keyPath: counter])
        }
      }
      Self.append(growth(\.received) / (at - lastAt), to: &received)
      Self.append(growth(\.sent) / (at - lastAt), to: &sent)
    }
  }

  private static func append(_ value: Double, to values: inout [Double]) {
    values.append(value.isFinite ? max(value, 0) : 0)
    if values.count > capacity { values.removeFirst(values.count - capacity) }
  }
}
