import Encoding
import Glibc
import HostMetrics
import Locks
import Testing

@testable import LinuxMetrics

/// Mounts that block until they are released.
private final class Mounts: Sendable {
  private let hanging: Locked<Set<String>>
  private let probes = Locked<[String: Int]>([:])

  init(hanging: Set<String>) {
    self.hanging = Locked(hanging)
  }

  func probe(_ target: ProbeTarget) -> ProbeResult {
    let mountpoint = target.key.mountpoint.text
    probes.withLock { $0[mountpoint, default: 0] += 1 }
    while hanging.withLock({ $0.contains(mountpoint) }) { usleep(500) }
    return .responded(.init(totalBytes: 10, freeBytes: 5, availableBytes: 5))
  }

  func release(_ mountpoints: Set<String>) { hanging.withLock { $0.subtract(mountpoints) } }

  func probeCount(_ mountpoint: String) -> Int { probes.withLock { $0[mountpoint] ?? 0 } }
}

@Suite struct ProberTests {
  private func mountTable(_ text: String) -> MountTable {
    Array(text.utf8).withUnsafeBytes { MountTable(ByteScanner($0)) }
  }

  private func target(_ mountpoint: String, isWatchedOnly: Bool = false) throws -> ProbeTarget {
    let entry = try #require(mountTable("1 0 0:5 / \(mountpoint) rw - ext4 /dev/x rw").entries.first)
    return ProbeTarget(entry, pathPrefix: "", isWatchedOnly: isWatchedOnly, mayBlockForever: false)
  }

  private func targets(_ mountpoints: [String], isWatchedOnly: Bool = false) throws -> [ProbeTarget] {
    try mountpoints.map { try target($0, isWatchedOnly: isWatchedOnly) }
  }

  private static let healthy = ProbeResult.responded(.init(totalBytes: 10, freeBytes: 5, availableBytes: 5))

  private func isStalled(_ result: ProbeResult) -> Bool {
    if case .stalled = result { true } else { false }
  }

  @Test func healthyMountsRespondBesideStalledOnes() async throws {
    let mounts = Mounts(hanging: ["/b", "/d"])
    defer { mounts.release(["/b", "/d"]) }
    let prober = MountProber(deadline: .milliseconds(250)) { mounts.probe($0) }
    let targets = try targets(["/a", "/b", "/c", "/d", "/e"])
    // One probe is enough on an idle machine. On a busy one the deadline may expire before all mounts had their turn.
    #expect(
      try await eventually {
        let results = await prober.probe(targets)
        return [0, 2, 4].allSatisfy { results[$0] == Self.healthy }
          && [1, 3].allSatisfy { isStalled(results[$0]) }
      })
    #expect(prober.threadCount == 3)
    #expect(mounts.probeCount("/b") == 1)
    #expect(mounts.probeCount("/d") == 1)
  }

  @Test func threadsAreBoundedAndReused() async throws {
    let names = (0..<10).map { "/hung\($0)" }
    let mounts = Mounts(hanging: Set(names))
    let prober = MountProber(deadline: .milliseconds(50)) { mounts.probe($0) }
    let all = try targets(names + ["/ok"])
    var mostThreads = 0
    let isFull = try await eventually {
      _ = await prober.probe(all)
      mostThreads = max(mostThreads, prober.threadCount)
      return prober.stalledCount == MountProber.maximumThreads
    }
    #expect(isFull)
    #expect(mostThreads == MountProber.maximumThreads)
    #expect(await prober.probe(try targets(["/ok"])) == [.notProbed])
    for name in names { #expect(mounts.probeCount(name) <= 1) }
    mounts.release(Set(names))
    #expect(try await eventually { prober.stalledCount == 0 })
    #expect(try await eventually { prober.threadCount <= 1 })
    #expect(try await eventually { await prober.probe(all).allSatisfy { $0 == Self.healthy } })
    #expect(prober.threadCount == 1)
  }

  @Test func watchedMountsLeaveThreadsForDisks() async throws {
    let names = (0..<10).map { "/nfs\($0)" }
    let mounts = Mounts(hanging: Set(names))
    defer { mounts.release(Set(names)) }
    let prober = MountProber(deadline: .milliseconds(50)) { mounts.probe($0) }
    let watched = try targets(names, isWatchedOnly: true)
    let disk = try targets(["/disk"])
    for _ in 0..<5 { _ = await prober.probe(watched) }
    #expect(
      try await eventually {
        _ = await prober.probe(watched)
        return prober.stalledCount == ProbeScheduler.maximumWatchedStalls
      })
    #expect(try await eventually { await prober.probe(disk) == [Self.healthy] })
    #expect(prober.stalledCount == ProbeScheduler.maximumWatchedStalls)
  }

  @Test func cancelledCallerGetsPartialResults() async throws {
    let mounts = Mounts(hanging: ["/b"])
    defer { mounts.release(["/b"]) }
    let prober = MountProber(deadline: .seconds(600)) { mounts.probe($0) }
    let targets = try targets(["/a", "/b", "/c"])
    let results = await withTaskGroup(of: [ProbeResult].self) { group in
      group.addTask { await prober.probe(targets) }
      while mounts.probeCount("/b") == 0 { await Task.yield() }
      group.cancelAll()
      return await group.next() ?? []
    }
    #expect(results == [Self.healthy, .notProbed, .notProbed])
  }

  @Test func callersShareOneThread() async throws {
    let mounts = Mounts(hanging: [])
    let prober = MountProber(deadline: .seconds(60)) { mounts.probe($0) }
    let targets = try targets(["/a", "/b"])
    await withTaskGroup(of: [ProbeResult].self) { group in
      for _ in 0..<200 { group.addTask { await prober.probe(targets) } }
      for await results in group { #expect(results == [Self.healthy, Self.healthy]) }
    }
    #expect(prober.threadCount == 1)
    #expect(mounts.probeCount("/a") == 200)
  }

  @Test func unprobedMountKeepsItsPreviousStatistics() async throws {
    let machine = try MachineFolder()
    let plan = DiskPlan(mountTable("1 0 0:5 / /a rw - btrfs /dev/a rw"), BlockDevices(machine.files))
    let known = FilesystemStatistics(totalBytes: 10, freeBytes: 5, availableBytes: 5)
    let report = DiskReport(plan, [.notProbed], previous: [known], traffic: [:], now: .now())
    #expect(report.disks.map(\.usedBytes) == [5])
    #expect(DiskReport(plan, [.notProbed], previous: [], traffic: [:], now: .now()).disks == [])
    #expect(DiskReport(plan, [.unreachable], previous: [known], traffic: [:], now: .now()).disks == [])
  }
}
