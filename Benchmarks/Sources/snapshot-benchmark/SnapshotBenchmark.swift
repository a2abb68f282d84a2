import Glibc
import LinuxMetrics
import SnapshotFloor

/// The cost of a snapshot, compared with C code that reads the same files. Argument: rounds, 2000 by default.
@main
struct SnapshotBenchmark {
  static func main() async throws {
    let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2000
    let prober = MountProber()
    let telemetry = TelemetrySampler(prober: prober)
    let query = QuerySampler(prober: prober)
    _ = try await query.snapshot()

    let floor = await Cost.measure(rounds) { _ = snapshot_floor() }
    let reads = await Cost.measure(rounds) { _ = snapshot_floor_reads() }
    let snapshot = await Cost.measure(rounds) { _ = await telemetry.snapshot() }
    let memory = try await Cost.measure(rounds) { _ = try query.memory() }
    let network = try await Cost.measure(rounds) { _ = try query.network() }
    let cpu = try await Cost.measure(rounds) { _ = try await query.cpu() }
    let disks = try await Cost.measure(rounds) { _ = try await query.disks() }

    print("| what                       | wall ns | CPU µs | CPU / floor |")
    print("|----------------------------|--------:|-------:|------------:|")
    for (name, cost) in [
      ("C: open, read, parse, statvfs", floor), ("C: open and read only", reads),
      ("TelemetrySampler.snapshot", snapshot), ("QuerySampler.memory", memory),
      ("QuerySampler.network", network), ("QuerySampler.cpu", cpu), ("QuerySampler.disks", disks),
    ] {
      print(
        "| \(padded(name, 26, left: true)) | \(padded("\(cost.wall)", 7)) "
          + "| \(padded(decimal(cost.cpu / 1000), 6)) | \(padded(decimal(cost.cpu / floor.cpu), 11)) |")
    }
  }

  private static func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + blanks : blanks + text
  }

  private static func decimal(_ value: Double) -> String {
    let tenths = Int((value * 100).rounded())
    return "\(tenths / 100).\(tenths % 100 < 10 ? "0" : "")\(tenths % 100)"
  }
}

/// The duration and processor time of one round.
private struct Cost {
  var wall: Int
  var cpu: Double

  nonisolated(nonsending) static func measure<Failure>(
    _ rounds: Int, _ body: () async throws(Failure) -> Void
  ) async throws(Failure) -> Cost {
    for _ in 0..<rounds / 10 { try await body() }
    let wall = nanoseconds(CLOCK_MONOTONIC)
    let cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
    for _ in 0..<rounds { try await body() }
    return Cost(
      wall: (nanoseconds(CLOCK_MONOTONIC) - wall) / rounds,
      cpu: Double(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / Double(rounds))
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
