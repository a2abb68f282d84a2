import AgentProtocol
import Encoding
import JSON

/// Recent telemetry of one agent.
struct TelemetryHistory: Sendable {
  /// The number of samples kept.
  static let capacity = 240

  /// The host name, or the uuid.
  let name: String
  /// CPU usage in percent of all processors, the newest last.
  private(set) var cpu: [Double] = []
  /// Memory usage in percent.
  private(set) var memory: [Double] = []
  /// Received bytes per second.
  private(set) var received: [Double] = []
  /// Sent bytes per second.
  private(set) var sent: [Double] = []
  /// Utilization of the busiest disk in percent.
  private(set) var diskBusy: [Double] = []
  /// Usage of the fullest writable file system in percent, and its mount point.
  private(set) var fullestDisk: (percent: Double, mountpoint: String)?
  /// Bytes per second read from and written to all disks.
  private(set) var diskRates: (read: Double, write: Double)?
  /// Load averages over 1, 5 and 15 minutes.
  private(set) var load: [Double] = []
  /// Used and total memory in bytes.
  private(set) var memoryBytes: (used: Double, total: Double)?
  /// When the last sample was received, in unix seconds.
  private(set) var lastAt: Double?
  /// The last counters of each summed interface.
  private var counters: [ExactString: Counters]?

  private struct Counters: Sendable {
    var received: Double
    var sent: Double
  }

  init(name: String) { self.name = name }

  /// Adds the payload of a telemetry envelope that was received at `at`, in unix seconds.
  mutating func add(_ payload: JSONValue, at: Double) {
    guard let payload = TelemetryPayload(payload) else { return }
    if let part = payload.cpu {
      Self.append(part.usagePercent, to: &cpu)
      load = part.loadAverage
    }
    if let part = payload.memory {
      Self.append(part.usagePercent, to: &memory)
      memoryBytes = (Double(part.usedBytes), Double(part.totalBytes))
    }
    addDisks(payload.disks)
    addNetwork(payload.network, at: at)
    lastAt = at
  }

  private mutating func addDisks(_ disks: [TelemetryPayload.Disk]) {
    // A file system that is mounted read-only does not run full.
    let fullest = disks.filter { !$0.isReadOnly }.max { $0.usagePercent < $1.usagePercent }
    fullestDisk = fullest.map { ($0.usagePercent, $0.mountpoint.isEmpty ? "?" : $0.mountpoint) }
    // The traffic of a loop device is also that of the disk with its file.
    let all = disks.filter { $0.io != nil }
    let real = all.filter { !$0.device.utf8.starts(with: "/dev/loop".utf8) }
    let io = (real.isEmpty ? all : real).compactMap(\.io)
    guard !io.isEmpty else { return }
    diskRates = (
      io.reduce(0) { $0 + Double($1.readBytesPerSecond) },
      io.reduce(0) { $0 + Double($1.writeBytesPerSecond) }
    )
    Self.append(io.map(\.utilPercent).max() ?? 0, to: &diskBusy)
  }

  /// Adds up the interfaces that do not count each other's traffic. Agents of earlier versions send counters only; then the rate is
  /// the growth since the sample before.
  private mutating func addNetwork(_ all: [TelemetryPayload.Interface], at: Double) {
    let interfaces = InterfaceTotals.counted(all)
    var now: [ExactString: Counters] = [:]
    for interface in interfaces {
      now[ExactString(interface.interface)] = Counters(
        received: Double(interface.bytesReceived), sent: Double(interface.bytesSent))
    }
    defer { counters = now }
    func rate(_ values: [UInt64]) -> Double? {
      values.isEmpty ? nil : values.reduce(0) { $0 + Double($1) }
    }
    if let received = rate(interfaces.compactMap(\.rxBytesPerSecond)),
      let sent = rate(interfaces.compactMap(\.txBytesPerSecond))
    {
      Self.append(received, to: &self.received)
      Self.append(sent, to: &self.sent)
    } else if let before = counters, let lastAt, at > lastAt {
      // The traffic of a new interface happened before.
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
