import HostMetrics
import Testing

@testable import LinuxMetrics

@Suite struct SamplerTests {
  /// A machine with one processor, whose counters the test changes.
  private func machine() throws -> MachineFolder {
    let machine = try MachineFolder()
    try machine.addDevice("sda1", "8:1")
    try machine.write("proc/1/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n")
    try machine.write("proc/loadavg", "0.50 1.25 2.00 1/100 4242\n")
    try machine.write("proc/meminfo", "MemTotal: 100 kB\nMemFree: 40 kB\n")
    try machine.write("proc/uptime", "77.9 1.0\n")
    try set(machine, busy: 100, idle: 100, written: 0)
    return machine
  }

  private func set(_ machine: MachineFolder, busy: Int, idle: Int, written: Int) throws {
    try machine.write("proc/stat", "cpu  \(busy) 0 0 \(idle) 0 0 0 0\ncpu0 \(busy) 0 0 \(idle) 0 0 0 0\n")
    try machine.write("proc/diskstats", " 8 1 sda1 0 0 0 0 \(written) 0 \(written) 0 0 \(written) 0\n")
    try machine.write("proc/net/dev", "a|b\nc|d\neth0: \(written) 0 0 0 0 0 0 0 \(written) 0 0 0 0 0 0 0\n")
  }

  private func prober() -> MountProber {
    MountProber(deadline: .seconds(30)) { _ in
      .responded(.init(totalBytes: 100, freeBytes: 50, availableBytes: 50))
    }
  }

  @Test func onlyTheFirstSnapshotHasNoTraffic() async throws {
    let machine = try machine()
    let sampler = TelemetrySampler(files: machine.files, prober: prober())
    let first = await sampler.snapshot()
    #expect(
      first.cpu
        == CPUUsage(
          usagePercent: 50, coreCount: 1, loadAverage: [0.5, 1.25, 2], cores: [.init(id: 0, usagePercent: 50)]
        ))
    #expect(first.disks.map(\.io) == [nil])
    #expect(first.network.map(\.rxBytesPerSecond) == [nil])
    #expect(first.uptimeSeconds == 77)
    #expect(first.pressure == nil)
    #expect(first.problems == [])
    try await Task.sleep(for: .milliseconds(210))
    try set(machine, busy: 130, idle: 110, written: 1000)
    let start = ContinuousClock.now
    let second = await sampler.snapshot()
    #expect(second.cpu.usagePercent == 75)
    #expect(second.cpu.cores == [.init(id: 0, usagePercent: 75)])
    #expect(try #require(second.disks.first?.io).writeBytesPerSecond > 0)
    #expect(try #require(second.network.first?.txBytesPerSecond) > 0)
    try set(machine, busy: 130, idle: 210, written: 1000)
    // A short window repeats the rates, unless a slow machine took longer than 200 ms.
    let third = await sampler.snapshot()
    let isRepeated = third.cpu == second.cpu && third.disks == second.disks
    #expect(isRepeated || ContinuousClock.now - start >= .milliseconds(200))
  }

  @Test func telemetryAndQueriesHaveSeparateBaselines() async throws {
    let machine = try machine()
    let prober = prober()
    let telemetry = TelemetrySampler(files: machine.files, prober: prober)
    let query = QuerySampler(files: machine.files, prober: prober)
    _ = await telemetry.snapshot()
    _ = try await query.cpu()
    try set(machine, busy: 200, idle: 100, written: 5000)
    try await Task.sleep(for: .milliseconds(210))
    #expect(try await query.cpu().usagePercent == 100)
    #expect(try #require(try await query.disks().first?.io).writeBytesPerSecond > 0)
    try set(machine, busy: 200, idle: 200, written: 5000)
    try await Task.sleep(for: .milliseconds(210))
    // For queries 0 of 100 ticks since the last query; for telemetry 100 of 200 since its last snapshot.
    #expect(try await query.cpu().usagePercent == 0)
    let snapshot = await telemetry.snapshot()
    #expect(snapshot.cpu.usagePercent == 50)
    #expect(try #require(snapshot.disks.first?.io).writeBytesPerSecond > 0)
  }

  @Test func firstQuerySamplesAndShortWindowsRepeat() async throws {
    let machine = try machine()
    let query = QuerySampler(files: machine.files, prober: prober())
    let start = ContinuousClock.now
    let disks = try await query.disks()
    #expect(ContinuousClock.now - start >= .milliseconds(200))
    #expect(disks.map(\.io) == [DiskIO()])
    try set(machine, busy: 900, idle: 100, written: 9)
    // Within 200 ms of the sample its rates are repeated, unless a slow machine took longer.
    let usage = try await query.cpu().usagePercent
    #expect(usage == 0 || ContinuousClock.now - start >= .milliseconds(400))
  }

  @Test func samplerServes5000ConcurrentQueries() async throws {
    let query = QuerySampler(prober: MountProber())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<5000 {
        group.addTask {
          if index.isMultiple(of: 2) {
            let usage = try await query.cpu()
            #expect((0...100).contains(usage.usagePercent) && usage.usagePercent.isFinite)
          } else {
            for disk in try await query.disks() {
              #expect((0...100).contains(disk.usagePercent) && disk.io?.utilPercent.isFinite != false)
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func cancellationAffectsOnlyTheCancelledCaller() async throws {
    let machine = try machine()
    let query = QuerySampler(files: machine.files, prober: prober())
    try await withThrowingTaskGroup(of: CPUUsage?.self) { group in
      for _ in 0..<20 { group.addTask { try await query.cpu() } }
      try await withThrowingTaskGroup(of: Void.self) { cancelled in
        for _ in 0..<20 {
          cancelled.addTask {
            do throws(MetricsError) {
              _ = try await query.cpu()
            } catch {
              #expect(error.reason == .cancelled)
            }
            do throws(MetricsError) {
              _ = try await query.disks()
            } catch {
              #expect(error.reason == .cancelled)
            }
          }
        }
        cancelled.cancelAll()
        try await cancelled.waitForAll()
      }
      for try await usage in group { #expect(usage?.coreCount == 1) }
    }
  }

  @Test func missingFileAffectsOnlyItsPart() async throws {
    let machine = try MachineFolder()
    let snapshot = await TelemetrySampler(files: machine.files, prober: prober()).snapshot()
    #expect(snapshot.cpu == CPUUsage())
    #expect(snapshot.memory == MemoryUsage())
    #expect(snapshot.disks == [] && snapshot.network == [] && snapshot.uptimeSeconds == nil)
    #expect(
      Set(snapshot.problems.map(\.file))
        == Set(
          ["stat", "loadavg", "meminfo", "net/dev", "uptime", "self/mountinfo"].map {
            machine.files.proc + "/" + $0
          }))

    let full = try self.machine()
    try full.write("proc/meminfo", "")
    let partial = try await QuerySampler(files: full.files, prober: prober()).snapshot()
    #expect(partial.problems.map(\.file) == [full.files.proc + "/meminfo"])
    #expect(partial.cpu.coreCount == 1)
    #expect(partial.disks.count == 1)
  }

  @Test func missingStatFileIsNamed() async throws {
    let machine = try MachineFolder()
    let sampler = QuerySampler(files: machine.files, prober: MountProber())
    await #expect(throws: MetricsError(file: machine.files.proc + "/stat", reason: .unreadable(errno: 2))) {
      try await sampler.cpu()
    }
  }

  @Test func malformedFileIsNamed() throws {
    let machine = try MachineFolder()
    try machine.write("proc/meminfo", "nothing here\n")
    let sampler = QuerySampler(files: machine.files, prober: MountProber())
    let error = #expect(throws: MetricsError.self) { try sampler.memory() }
    #expect(error?.description.contains("/proc/meminfo has no lines") == true)
  }

  @Test func pressureIsRead() async throws {
    let machine = try machine()
    try machine.write("proc/pressure/cpu", "some avg10=1.42 avg60=21.90 avg300=13.30 total=59554413\n")
    try machine.write(
      "proc/pressure/io",
      "some avg10=250.00 avg60=0 avg300=0 total=0\nfull avg10=0.05 avg60=0.00 avg300=0.00 total=0\n")
    let snapshot = await TelemetrySampler(files: machine.files, prober: prober()).snapshot()
    #expect(snapshot.pressure == Pressure(cpu: .init(some: 1.42), io: .init(some: 100, full: 0.05)))
  }
}
