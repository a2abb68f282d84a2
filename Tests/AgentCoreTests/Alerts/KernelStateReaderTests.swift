import AgentProtocol
import HostMetrics
import JSON
import Logging
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct KernelStateReaderTests {
  /// A folder with the files of /proc, /run and /dev.
  private struct Machine {
    let folder: TemporaryFolder
    let kernel: KernelStateReader

    init() throws {
      folder = try TemporaryFolder()
      kernel = KernelStateReader(
        vmstat: folder.path + "/vmstat", runFolders: [folder.path + "/none", folder.path],
        kernelLog: folder.path + "/kmsg")
    }
  }

  @Test func oomKillsAreReadFromVmstat() throws {
    let machine = try Machine()
    #expect(machine.kernel.oomKills() == nil)
    try machine.folder.write("vmstat", "nr_free_pages 12\noom_kill 42\noom_killer 7\n")
    #expect(machine.kernel.oomKills() == 42)
    try machine.folder.write("vmstat", "nr_free_pages 12\n")
    #expect(machine.kernel.oomKills() == nil, "kernels before 4.13 do not count")
    try machine.folder.write("vmstat", "oom_kill -1\noom_kill x")
    #expect(machine.kernel.oomKills() == nil)
  }

  @Test func victimsAreTheLastOfTheKernelLog() throws {
    let machine = try Machine()
    #expect(machine.kernel.oomVictims(last: 3) == [])
    try machine.folder.write(
      "kmsg",
      """
      6,339,5140900,-;NET: Registered protocol family
      3,340,5141000,-;Out of memory: Killed process 11 (old) total-vm:1kB, anon-rss:2kB
      3,341,5142000,-;Memory cgroup out of memory: Killed process 4711 (a (b) c) total-vm:86kB, anon-rss:4kB, UID:0
       SUBSYSTEM=x
      3,342,5143000,-;Out of memory (oom_kill_allocating_task): Killed process 12 (my sqld) total-vm:1kB
      3,343,5144000,-;Killed process nobody (x) total-vm:1kB
      3,344,5145000,-;Killed process 99999999999999999999 (x) total-vm:1kB
      """)
    let victims = [OOMVictim(pid: 4711, name: "a (b) c"), OOMVictim(pid: 12, name: "my sqld")]
    #expect(machine.kernel.oomVictims(last: 2) == victims)
    #expect(machine.kernel.oomVictims(last: 9).count == 3)
  }

  @Test func namesOfVictimsAreReadAsBytes() {
    #expect(OOMVictim(line: "Killed process 13 (\u{301}x) total-vm:1kB")?.name == "\u{301}x")
    #expect(OOMVictim(line: "Killed process 14 (a)\u{301} (b)")?.name == "a)\u{301} (b")
  }

  @Test func packagesAreComparedByBytes() throws {
    let machine = try Machine()
    try machine.folder.write("reboot-required.pkgs", "caf\u{E9}\ncafe\u{301}\nK\n\u{212A}\nK\n")
    #expect(machine.kernel.rebootPackages().count == 4)
  }

  @Test func kernelLogIsReadToItsEndWithoutBlocking() {
    #expect(KernelStateReader().oomVictims(last: 1_000).count <= 1_000)
  }

  @Test func packagesThatRequireARebootAreListedOnce() throws {
    let machine = try Machine()
    #expect(!machine.kernel.isRebootRequired())
    #expect(machine.kernel.rebootPackages() == [])
    try machine.folder.write("reboot-required", "*** System restart required ***\n")
    #expect(machine.kernel.isRebootRequired())
    try machine.folder.write("reboot-required.pkgs", "linux-base\nlibc6\nlinux-base\n\n")
    #expect(machine.kernel.rebootPackages() == ["linux-base", "libc6"])
    try machine.folder.write(
      "reboot-required.pkgs",
      (0..<200).map { "p\($0)" + String(repeating: "x", count: 500) }.joined(separator: "\n"))
    #expect(machine.kernel.rebootPackages().count == 50)
    #expect(machine.kernel.rebootPackages().allSatisfy { $0.utf8.count == 128 })
  }

  @Test func requiredRebootAndItsEndAreReportedOnce() {
    var alerts = RebootAlerts()
    let settings = AlertSettings()
    #expect(alerts.update(HostObservation(), settings).isEmpty)
    let due = HostObservation(isRebootRequired: true, rebootPackages: ["linux-base"])
    let reported = alerts.update(due, settings)
    #expect(reported.map(\.code) == ["REBOOT_REQUIRED"])
    #expect(reported.first?.details["packages"] == ["linux-base"])
    #expect(alerts.update(due, settings).isEmpty)
    #expect(alerts.update(HostObservation(), settings).map(\.code) == ["REBOOT_NO_LONGER_REQUIRED"])
    #expect(alerts.update(HostObservation(), settings).isEmpty)
  }

  @Test func killsSinceTheStartAreReportedTogether() throws {
    var alerts = OOMKillAlerts()
    let start = ContinuousClock.now
    func kills(_ count: UInt64?, after seconds: Int) -> [AlertPayload] {
      alerts.update(
        HostObservation(
          time: start + .seconds(seconds), oomKills: count,
          oomVictims: { count in (0..<count).map { OOMVictim(pid: $0, name: "p\($0)") } }),
        AlertSettings())
    }
    #expect(kills(7, after: 0).isEmpty, "before the agent")
    #expect(kills(nil, after: 30).isEmpty)
    #expect(kills(7, after: 60).isEmpty)
    let first = try #require(kills(8, after: 90).first)
    #expect(first.code == "OOM_KILL" && first.severity == .critical)
    #expect(first.message == "out of memory: the kernel killed a process (p0)")
    #expect(kills(9, after: 120).isEmpty, "five minutes in one")
    #expect(kills(30, after: 389).isEmpty)
    let second = try #require(kills(30, after: 390).first)
    #expect(second.details["count"]?.integerValue == 22)
    #expect(second.details["victims"]?.arrayValue?.count == 10)
    #expect(kills(3, after: 900).isEmpty, "a decreasing counter starts a new baseline")
    #expect(kills(4, after: 930).count == 1)
  }

  @Test func allConditionsAreEvaluatedUnlessDisabled() throws {
    let machine = try Machine()
    try machine.folder.write("reboot-required", "")
    try machine.folder.write("vmstat", "oom_kill 1\n")
    let uplink = FakeUplink(connected: false)
    let outbox = AlertOutbox(
      uplink: uplink, agent: try #require(AgentUUID("a")), losses: LossCounter(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let watch = HostWatch(AlertSettings(isEnabled: false), kernel: machine.kernel, outbox: outbox)
    let snapshot = Snapshot(
      disks: [
        DiskUsage(
          device: "/dev/vda1", mountpoint: "/", totalBytes: 100, usedBytes: 95, usagePercent: 95,
          inodesTotal: 100,
          inodesUsed: 95)
      ],
      stalledMounts: [StalledMount(mountpoint: "/nfs", source: "s:/", filesystem: "nfs", seconds: 60)])
    watch.observe(snapshot)
    #expect(outbox.count == 0)
    watch.settings = AlertSettings()
    watch.observe(snapshot)
    #expect(outbox.count == 4)
    try machine.folder.write("vmstat", "oom_kill 2\n")
    watch.observe(snapshot)
    #expect(outbox.count == 5)
    watch.observe(snapshot)
    #expect(outbox.count == 5)
    watch.settings = AlertSettings(isEnabled: false)
    watch.observe(Snapshot())
    watch.settings = AlertSettings()
    watch.observe(snapshot)
    #expect(outbox.count == 9, "disabling resets the conditions, so all are reported again")
  }
}
