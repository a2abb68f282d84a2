import Glibc
import HostMetrics
import Testing

@testable import LinuxMetrics

/// A FUSE mount that blocks statvfs(3), listed as a disk in the mount table of a fixture.
@Suite(.enabled(if: geteuid() == 0, "mounting needs root"), .serialized) struct HangingMountTests {
  private func table(_ mountpoint: String, type: String) throws -> String {
    var root = stat()
    guard stat("/", &root) == 0 else { throw SystemFailure("stat /") }
    let number = DeviceNumber(root.st_dev)
    // One healthy mount before and one after the stalled one.
    return """
      1 0 \(number.major):\(number.minor) / / rw - ext4 /dev/first rw
      2 1 0:9999 / \(mountpoint) rw - \(type) /dev/hanging rw
      3 1 0:9998 / /proc rw - btrfs /dev/last rw

      """
  }

  @Test(arguments: ["fuseblk", "fuse.plain"])
  func stalledMountBlocksOneThreadAndNoTelemetry(type: String) async throws {
    let machine = try MachineFolder()
    let server = try FUSEServer(mountpoint: try machine.makeFolder("hanging"))
    defer { server.unmount() }
    try machine.write("proc/1/mountinfo", try table(server.mountpoint, type: type))
    let prober = MountProber()
    let telemetry = TelemetrySampler(files: machine.files, prober: prober)
    let query = QuerySampler(files: machine.files, prober: prober)

    // On a busy machine the deadline of 250 ms may expire before all mounts had their turn.
    #expect(
      try await eventually {
        let snapshot = await telemetry.snapshot()
        return snapshot.stalledMounts.count == 1 && snapshot.disks.last?.device == "/dev/last"
      })
    for _ in 0..<200 {
      let snapshot = await telemetry.snapshot()
      #expect(snapshot.disks.last?.device == "/dev/last")
      #expect(!snapshot.disks.contains { $0.mountpoint == server.mountpoint })
      #expect(snapshot.stalledMounts.map(\.mountpoint) == [server.mountpoint])
      #expect(snapshot.stalledMounts.map(\.filesystem) == [type])
    }
    #expect(try await query.disks().map(\.device).suffix(1) == ["/dev/last"])
    // Another probe of the stalled mount would delay the snapshot and block a second thread.
    #expect(server.requests >= 1)
    #expect(prober.stalledCount == 1)
    #expect(prober.threadCount == 2)

    server.release()
    #expect(try await eventually { prober.stalledCount == 0 })
    #expect(try await eventually { prober.threadCount == 1 })
    var healthy = Snapshot()
    #expect(
      try await eventually {
        healthy = await telemetry.snapshot()
        return healthy.stalledMounts == [] && healthy.disks.last?.device == "/dev/last"
      })
    let disk = healthy.disks.first { $0.mountpoint == server.mountpoint }
    if type == "fuseblk" {
      #expect(
        disk
          == DiskUsage(
            device: "/dev/hanging", mountpoint: server.mountpoint, totalBytes: 4_096_000,
            usedBytes: 600 * 4096, usagePercent: 75, filesystem: "fuseblk", inodesTotal: 50, inodesUsed: 30,
            availableBytes: 200 * 4096, filesystemID: "/dev/hanging"))
    } else {
      #expect(disk == nil)
    }

    server.hang()
    #expect(
      try await eventually {
        await telemetry.snapshot().stalledMounts.map(\.source) == ["/dev/hanging"]
      })
  }

  @Test func blockedProbeProcessHasOnlyItsSocketOpen() async throws {
    let machine = try MachineFolder()
    let server = try FUSEServer(mountpoint: try machine.makeFolder("hanging"))
    defer { server.unmount() }
    try machine.write("proc/1/mountinfo", try table(server.mountpoint, type: "fuse.plain"))
    let before = MountProbers.all()
    let prober = MountProber()
    let sampler = TelemetrySampler(files: machine.files, prober: prober)
    #expect(try await eventually { await sampler.snapshot().stalledMounts.count == 1 })
    let own = MountProbers.all().subtracting(before)
    #expect(!own.isEmpty)
    // A process that a concurrent test has just forked still has the descriptors of its parent.
    #expect(
      try await eventually { own.allSatisfy { ["0", nil].contains(MountProbers.descriptors(of: $0)) } })
    for process in own { kill(process, SIGKILL) }
    #expect(try await eventually { own.contains { MountProbers.isHeld($0) } }, "SIGKILL does not end it")
    #expect(prober.stalledCount == 1)
    server.unmount()
    #expect(try await eventually { MountProbers.all().isDisjoint(with: own) })
  }

  @Test func killedProbeProcessIsReplaced() async throws {
    let machine = try MachineFolder()
    let server = try FUSEServer(mountpoint: try machine.makeFolder("healthy"))
    defer { server.unmount() }
    server.release()
    try machine.write("proc/1/mountinfo", try table(server.mountpoint, type: "fuseblk"))
    let before = MountProbers.all()
    var sampler: TelemetrySampler? = TelemetrySampler(files: machine.files, prober: MountProber())
    func isThere() async -> Bool {
      await sampler?.snapshot().disks.contains { $0.mountpoint == server.mountpoint } ?? false
    }
    #expect(try await eventually { await isThere() })
    let own = MountProbers.all().subtracting(before)
    #expect(!own.isEmpty)
    for process in own { kill(process, SIGKILL) }
    #expect(
      try await eventually {
        // The next probe detects its end.
        _ = await isThere()
        return MountProbers.all().isDisjoint(with: own)
      })
    #expect(try await eventually { await isThere() })
    let later = MountProbers.all().subtracting(before)
    #expect(!later.isEmpty)
    sampler = nil
    #expect(
      try await eventually { MountProbers.all().isDisjoint(with: later) }, "the process ends with its prober")
  }

  @Test func proberEndsWhileAMountIsStalled() async throws {
    let machine = try MachineFolder()
    let server = try FUSEServer(mountpoint: try machine.makeFolder("hanging"))
    defer { server.unmount() }
    try machine.write("proc/1/mountinfo", try table(server.mountpoint, type: "fuseblk"))
    var sampler: TelemetrySampler? = TelemetrySampler(
      files: machine.files, prober: MountProber(deadline: .milliseconds(50)))
    #expect(try await eventually { await sampler?.snapshot().stalledMounts.count == 1 })
    let start = ContinuousClock.now
    sampler = nil
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func abortedConnectionIsNotAStall() async throws {
    let machine = try MachineFolder()
    let server = try FUSEServer(mountpoint: try machine.makeFolder("hanging"))
    try machine.write("proc/1/mountinfo", try table(server.mountpoint, type: "fuseblk"))
    let prober = MountProber()
    let sampler = TelemetrySampler(files: machine.files, prober: prober)
    #expect(try await eventually { await sampler.snapshot().stalledMounts.count == 1 })
    server.unmount()
    #expect(try await eventually { prober.stalledCount == 0 })
    #expect(await sampler.snapshot().stalledMounts == [])
  }

  @Test(.enabled(if: isInNamespaceOfProcessOne(), "process 1 has other mounts"))
  func changeOfTheMountTableIsDetected() async throws {
    let machine = try MachineFolder()
    let sampler = TelemetrySampler(prober: MountProber())
    #expect(await sampler.snapshot().problems == [])
    let server = try FUSEServer(mountpoint: try machine.makeFolder("with blank"))
    defer { server.unmount() }
    #expect(
      try await eventually {
        await sampler.snapshot().stalledMounts.contains { $0.mountpoint == server.mountpoint }
      })
    server.unmount()
    #expect(
      try await eventually {
        await !sampler.snapshot().stalledMounts.contains { $0.mountpoint == server.mountpoint }
      })
  }
}

private func isInNamespaceOfProcessOne() -> Bool {
  var own = stat()
  var host = stat()
  return stat("/proc/self/ns/mnt", &own) == 0 && stat("/proc/1/ns/mnt", &host) == 0
    && own.st_ino == host.st_ino
}
