import Glibc
import Loopback

/// Prints the measurements line by line.
enum Report {
  static func title(_ text: String) {
    print("\n== \(text)")
    fflush(nil)
  }

  static func line(_ name: String, _ text: String) {
    print("  " + name + String(repeating: " ", count: max(1, 34 - name.count)) + text)
    fflush(nil)
  }

  static func number(_ value: Double, _ digits: Int = 1) -> String {
    let scale = [1.0, 10, 100, 1000][min(max(digits, 0), 3)]
    let rounded = (value * scale).rounded() / scale
    return digits == 0 || rounded.magnitude >= 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }

  static func load(_ difference: Load.Difference, _ scene: some Scene) {
    line(
      "processor, % of one",
      "nats-server \(percent(difference.server, of: difference)), "
        + "callout and platform \(percent(difference.responder, of: difference)), "
        + "simulator \(percent(difference.simulator, of: difference))")
    line(
      "memory, MB",
      "nats-server \(megabytes(scene.server.process.residentBytes)), "
        + "callout and platform \(megabytes(scene.responder.residentBytes)), "
        + "simulator \(megabytes(ProcessMemory.residentBytes("/proc/self/status")))")
    line("messages/s", number(Double(difference.published) / difference.seconds, 0))
    if let folded = difference.folded {
      line("events folded/s", number(folded / difference.seconds, 0))
    }
  }

  static func failures(_ counters: FleetCounters) {
    let failures = counters.now.failures.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    line("failed attempts", failures.isEmpty ? "none" : failures.joined(separator: ", "))
  }

  private static func percent(_ seconds: Double, of difference: Load.Difference) -> String {
    number(seconds / difference.seconds * 100)
  }

  private static func megabytes(_ bytes: Int) -> String { number(Double(bytes) / 1e6, 0) }
}
