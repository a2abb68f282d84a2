import HostMetrics
import Testing

@testable import LinuxMetrics

/// Malformed files affect nothing but the values read from them.
@Suite struct HostileFileTests {
  private static let seeds: [(String, String)] = [
    ("stat", "cpu  45306 0 6343 119028 286 0 48 82 0 0\ncpu0 21917 0 3056 60449 21 0 28 48 0 0\nintr 1 2\n"),
    ("loadavg", "0.18 0.23 0.09 1/100 4242\n"),
    (
      "meminfo",
      "MemTotal: 24683656 kB\nMemFree: 23422028 kB\nBuffers: 8512 kB\nCached: 1106236 kB\nSwapTotal: 0 kB\n"
    ),
    ("net/dev", "Inter-|\n face |\n  eth0: 16238538 620 0 0 0 0 0 0 39927 501 0 0 0 0 0 0\n"),
    ("uptime", "1931.50 3000.11\n"),
    (
      "pressure/io",
      "some avg10=0.13 avg60=0.12 avg300=0.12 total=1\nfull avg10=0.06 avg60=0.1 avg300=0.1 total=2\n"
    ),
    (
      "diskstats",
      " 254 0 vda 10284 6594 3730034 9433 7107 26738 1743432 9255 0 4076 19378 1095 0 112096 252\n"
    ),
    (
      "1/mountinfo",
      "27 1 254:0 / /a\\040b rw,relatime master:1 - ext4 /dev/vda rw\n28 1 0:7 /@ /b rw - btrfs /dev/vdb rw\n"
    ),
  ]

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func mutatedFilesYieldFiniteValues(seed: UInt64) async throws {
    var random = SplitMix(state: seed)
    let machine = try MachineFolder()
    let prober = MountProber(deadline: .seconds(30)) { _ in
      .responded(.init(totalBytes: 100, freeBytes: 50, availableBytes: 50))
    }
    let sampler = TelemetrySampler(files: machine.files, prober: prober)
    for _ in 0..<25 {
      for (name, text) in Self.seeds {
        try machine.write("proc/" + name, bytes: mutated(Array(text.utf8), &random))
      }
      check(await sampler.snapshot())
    }
  }

  @Test func endlessFileIsRejected() async throws {
    let machine = try MachineFolder()
    try machine.link("proc/stat", to: "/dev/zero")
    try machine.link("proc/meminfo", to: "/dev/zero")
    let snapshot = await TelemetrySampler(files: machine.files, prober: MountProber()).snapshot()
    #expect(
      snapshot.problems.first
        == MetricsError(file: machine.files.proc + "/stat", reason: .tooLarge(limit: 4 << 20)))
  }

  @Test func longLinesAndNumbersYieldFiniteValues() async throws {
    let machine = try MachineFolder()
    try machine.write("proc/stat", "cpu  " + String(repeating: "9", count: 100_000) + " 1 1 1\n")
    try machine.write("proc/1/mountinfo", String(repeating: "1 ", count: 100_000))
    try machine.write("proc/loadavg", "1." + String(repeating: "3", count: 100_000) + " 2 3\n")
    check(await TelemetrySampler(files: machine.files, prober: MountProber()).snapshot())
  }

  private func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(contentsOf: Array("99999999999999999999999".utf8), at: index)
      case 3: bytes.removeSubrange(index...)
      case 4:
        bytes.insert([0x20, 0x0a, 0x3a, 0x2d, 0x5c, 0x00].randomElement(using: &random) ?? 0, at: index)
      default: bytes += bytes[index...]
      }
    }
    return bytes
  }

  private func check(_ snapshot: Snapshot) {
    var percentages = [snapshot.cpu.usagePercent, snapshot.memory.usagePercent]
    percentages += snapshot.cpu.cores.map(\.usagePercent)
    percentages += snapshot.disks.map(\.usagePercent) + snapshot.disks.compactMap { $0.io?.utilPercent }
    for pressure in [snapshot.pressure?.cpu, snapshot.pressure?.memory, snapshot.pressure?.io] {
      percentages += [pressure?.some, pressure?.full].compactMap(\.self)
    }
    for percentage in percentages {
      #expect((0...100).contains(percentage))
      #expect((percentage * 100).rounded() / 100 == percentage)
    }
    #expect(snapshot.cpu.loadAverage.count == 3)
    #expect(snapshot.cpu.loadAverage.allSatisfy { $0.isFinite && $0 >= 0 })
    #expect(snapshot.memory.usedBytes <= snapshot.memory.totalBytes)
  }
}

/// A deterministic generator, so that failures are reproducible by their seed.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
