import Encoding
import HostMetrics

@_silgen_name("exit") private func exit(_ status: Int32) -> Never

/// Runs the parsers and decisions of HostMetrics on fixed input. Exits with a failure if a result is wrong.
@main
struct Program {
  static func main() {
    var check = Check()
    processors(&check)
    memoryAndPressure(&check)
    network(&check)
    disks(&check)
    identity(&check)
    sampling(&check)
    probing(&check)
    errors(&check)
    check.finish()
  }

  private static func processors(_ check: inout Check) {
    let before = scanning("cpu  0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0\n") { ProcessorSample($0) }
    let after = scanning("cpu  10 10 10 40 10 5 5 10 8 2\ncpu0 10 10 10 40 10 5 5 10\nintr 1\n") {
      ProcessorSample($0)
    }
    guard let before, let after else { return check.fail("processor samples") }
    let usage = after.usage(since: before)
    check.expect(usage.usagePercent == 50 && usage.cores == [CoreUsage(id: 0, usagePercent: 50)], "usage")
    check.expect(after.usageSinceBoot().coreCount == 1, "usage since boot")
    check.expect(
      scanning("0.18 1.234 9 1/100 42\n") { CPUUsage.loadAverages($0) } == [0.18, 1.23, 9], "load averages")
    check.expect(scanning("intr 1\n") { ProcessorSample($0) } == nil, "missing total")
  }

  private static func memoryAndPressure(_ check: inout Check) {
    let usage = scanning(
      "MemTotal: 1000 kB\nMemFree: 200 kB\nMemAvailable: 600 kB\nBuffers: 50 kB\nCached: 300 kB\nSReclaimable: 30 kB\n"
    ) { MemoryUsage(meminfo: $0) }
    check.expect(
      usage
        == MemoryUsage(
          totalBytes: 1000 * 1024, usedBytes: 420 * 1024, usagePercent: 42, availableBytes: 600 * 1024),
      "memory")
    let averages = scanning("some avg10=1.42 avg60=0\nfull avg10=250.00 avg60=0\n") { PressureAverages($0) }
    check.expect(averages == PressureAverages(some: 1.42, full: 100), "pressure")
  }

  private static func network(_ check: inout Check) {
    func sample(_ seconds: UInt64, _ text: String) -> NetworkSample {
      scanning(text) { content in
        NetworkSample(time: MonotonicTime(nanoseconds: seconds * 1_000_000_000), content) {
          !InterfaceName.hasIgnoredPrefix($0) && InterfaceName.isPathComponent($0)
        }
      }
    }
    let before = sample(
      1, "a|b\nlo: 9 0 0 0 0 0 0 0 9 0 0 0\nveth1: 1 0 0 0 0 0 0 0 1 0 0 0\neth0: 10 0 1 0 0 0 0 0 20 0 2 0\n"
    )
    let after = sample(3, "eth0: 30 0 1 0 0 0 0 0 20 0 2 0\nwg0: 7 0 0 0 0 0 0 0 7 0 0 0\n")
    check.expect(before.interfaces.count == 1, "reported interfaces")
    var hardware = InterfaceAttributes()
    with("device") { hardware.add(entry: $0) }
    with("0x1003\n") { hardware.add(flags: $0) }
    with("1\n") { hardware.add(type: $0) }
    var tunnel = InterfaceAttributes()
    with("INTERFACE=wg0\nDEVTYPE=wireguard\n") { tunnel.add(uevent: $0) }
    let rates = after.rates(since: before)
    check.expect(rates == ["eth0": InterfaceRates(received: 10, sent: 0)], "interface rates")
    let usage = after.usage(rates: rates, attributes: [hardware, tunnel])
    check.expect(
      usage.count == 2 && usage[0].isUp && usage[0].isStacked == false && usage[0].rxBytesPerSecond == 10
        && !usage[1].isUp && usage[1].isStacked == true && usage[1].txBytesPerSecond == nil, "interface usage"
    )
    check.expect(InterfaceName.isNamedVLAN("vlan7") && tunnel.isTunnel, "interface names")
  }

  private static func disks(_ check: inout Check) {
    let table = scanning(
      """
      1 1 0:1 / / rw - rootfs rootfs rw
      2 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
      3 2 8:1 /home /home rw - ext4 /dev/root rw
      4 2 0:30 /@ /data\\040b ro - btrfs /dev/mapper/pool ro
      5 2 0:40 / /tank rw - zfs tank/home rw
      6 2 0:50 / /nfs rw - nfs4 far:/export rw
      7 2 0:51 / /proc rw - proc proc rw

      """
    ) { MountTable($0) }
    let plan = DiskPlan(table, Devices())
    var names: [String] = []
    for volume in plan.volumes { names.append("\(volume.device) \(volume.mountpoint) \(volume.id)") }
    check.expect(
      names == ["/dev/vda1 / 8:1", "/dev/dm-0 /data b 253:0", "tank/home /tank tank/home"], "volumes")
    check.expect(
      plan.targets.count == 4 && plan.targets[3].isWatchedOnly && plan.targets[3].mayBlockForever
        && plan.targets[0].key.mountpoint == "/" && plan.targets[0].path == [0x2f, 0], "targets")
    check.expect(plan.volumes[1].isReadOnly && plan.volumes[2].pool == "tank", "volume flags")

    let counters = (
      scanning("8 1 vda1 100 0 1000 50 200 0 2000 60 0 1000 110\n") {
        DiskSample(time: MonotonicTime(nanoseconds: 0), of: plan.devices, $0)
      },
      scanning("8 1 vda1 120 0 3000 51 201 0 2011 61 0 1500 112\n9 9 x 0 0 0 0 0 0 0 0 0 0 0\n") {
        DiskSample(time: MonotonicTime(nanoseconds: 2_000_000_000), of: plan.devices, $0)
      }
    )
    let traffic = counters.1.traffic(since: counters.0)
    let statistics = FilesystemStatistics(
      fragmentSize: 1024, blockSize: 4096, blocks: 1000, freeBlocks: 400, availableBlocks: 200, inodes: 50,
      freeInodes: 20)
    let report = DiskReport(
      plan,
      [.responded(statistics), .unreachable, .notProbed, .stalled(since: MonotonicTime(nanoseconds: 0))],
      previous: [nil, nil, statistics, nil], traffic: traffic, now: MonotonicTime(nanoseconds: 7_000_000_000))
    check.expect(report.disks.count == 2, "reported disks")
    guard let disk = report.disks.first, let stall = report.stalledMounts.first else {
      return check.fail("disk report")
    }
    check.expect(
      disk.usagePercent == 75 && disk.usedBytes == 600 * 1024 && disk.inodesUsed == 30
        && disk.io
          == DiskIO(
            readBytesPerSecond: 512_000, writeBytesPerSecond: 2816, readIOPS: 10, writeIOPS: 1,
            utilPercent: 25),
      "disk usage")
    check.expect(stall.mountpoint == "/nfs" && stall.seconds == 7 && stall.pool == nil, "stalled mount")
    check.expect(DeviceNumber(0x801) == DeviceNumber(major: 8, minor: 1), "device number")
  }

  private static func identity(_ check: inout Check) {
    let release = scanning("NAME=x\nID=ubuntu\nVERSION_ID=\"24.04\"\nID_LIKE='debian  other'\n") {
      OSRelease($0)
    }
    let identity = HostIdentity(
      hostname: "h", kernelVersion: "6.1", architecture: "x86_64", release: release,
      uptimeSeconds: scanning("77.9 1.0\n") { $0.number() },
      bootTime: scanning("cpu 1\nbtime 1700000000\n") { HostIdentity.bootTime($0) })
    check.expect(
      identity.operatingSystem == "ubuntu 24.04" && identity.systemFamily == ["ubuntu", "debian", "other"]
        && identity.uptimeSeconds == 77 && identity.bootTime == 1_700_000_000, "identity")
    check.expect(scanning("100 25 3\n") { SelfUsage.residentPages($0) } == 25, "resident pages")
  }

  private static func sampling(_ check: inout Check) {
    let start = MonotonicTime(nanoseconds: 1_000_000_000)
    check.expect(SamplingWindow(since: nil, at: start) == .expired, "no baseline")
    check.expect(
      SamplingWindow(since: start, at: start.advanced(by: .milliseconds(200))) == .complete, "window")
    var baseline = Baseline<Int, Int>()
    let first = baseline.rates(of: 10, at: start) { earlier in earlier.map { 10 - $0 } }
    let second = baseline.rates(of: 15, at: start.advanced(by: .seconds(1))) { earlier in
      earlier.map { 15 - $0 }
    }
    check.expect(first == nil && second == 5, "baseline")
    let failure = MetricsError(file: "f", reason: .cancelled)
    let processors = scanning("cpu  1 0 0 1\n") { ProcessorSample($0) } ?? ProcessorSample()
    let sample = CounterSample(time: start, processors: .success(processors), disks: .failure(failure))
    let rates = QueryRates(from: sample, to: sample, loadAverage: .success([1, 2, 3]))
    check.expect(rates.problems == [failure], "problems of a query")
    if case .success(let usage) = rates.cpu {
      check.expect(usage.loadAverage == [1, 2, 3], "load of a query")
    } else {
      check.fail("processors of a query")
    }
  }

  private static func probing(_ check: inout Check) {
    let table = scanning("1 0 8:1 / /a rw - ext4 /dev/a rw\n2 0 8:2 / /b rw - ext4 /dev/b rw\n") {
      MountTable($0)
    }
    let plan = DiskPlan(table, Devices())
    var scheduler = ProbeScheduler()
    let start = MonotonicTime(nanoseconds: 0)
    let batch = ProbeScheduler.Batch(
      id: scheduler.newBatchID(), targets: plan.targets, deadline: start.advanced(by: .milliseconds(250)))
    guard let worker = scheduler.submit(batch).worker else { return check.fail("first worker") }
    guard case .probe(let target) = scheduler.advance(worker, result: nil, at: start).step else {
      return check.fail("first probe")
    }
    check.expect(target.key.mountpoint == "/a", "first target")
    let limit = start.advanced(by: .milliseconds(100))
    guard let other = scheduler.markStalled(startedBefore: limit).worker else {
      return check.fail("second worker")
    }
    check.expect(scheduler.threadCount == 2, "threads")
    _ = scheduler.advance(other, result: nil, at: limit)
    let finished = scheduler.advance(other, result: .unreachable, at: limit).finished
    check.expect(
      finished.count == 1 && finished[0].results == [.stalled(since: start), .unreachable], "results")
    check.expect(scheduler.shutDown().isEmpty && scheduler.isShutDown, "shutdown")
  }

  private static func errors(_ check: inout Check) {
    var problems: [MetricsError] = []
    problems.collect { () throws(MetricsError) in
      throw MetricsError(
        file: "/proc/stat", reason: .unreadable(errno: 2, message: "No such file or directory"))
    }
    problems.collect { () throws(MetricsError) in }
    check.expect(
      problems.count == 1
        && problems[0].description
          == "can't read /proc/stat: No such file or directory; check that it is mounted and readable for the agent",
      "error text")
    let snapshot = Snapshot(problems: problems)
    check.expect(snapshot == snapshot && snapshot.problems.count == 1, "snapshot")
    // Names are identified by their bytes.
    check.expect(ExactString("caf\u{e9}") != ExactString("cafe\u{301}"), "bytes")
  }
}

/// The devices of the mount tables above.
private struct Devices: BlockDeviceResolver {
  func name(of number: DeviceNumber) -> String? {
    number == DeviceNumber(major: 8, minor: 1) ? BlockDevice.name(inPath: "../../block/vda1") : nil
  }

  func device(ofSource source: String) -> BlockDevice? {
    guard let path = BlockDevice.path(ofSource: source), path == "/dev/mapper/pool" else { return nil }
    return BlockDevice(number: DeviceNumber(major: 253, minor: 0), name: "/dev/dm-0")
  }
}

/// Calls a closure with a scanner over a text.
private func scanning<Result>(_ text: String, _ body: (inout ByteScanner) -> Result) -> Result {
  let bytes = Array(text.utf8)
  return bytes.withUnsafeBytes { bytes in
    var scanner = ByteScanner(bytes)
    return body(&scanner)
  }
}

/// Calls a closure with the bytes of a text.
private func with(_ text: String, _ body: (UnsafeRawBufferPointer) -> Void) {
  Array(text.utf8).withUnsafeBytes { body($0) }
}

/// Counts checks, and names those that fail.
private struct Check {
  private var count = 0
  private var failures = 0

  mutating func expect(_ isMet: Bool, _ name: String) {
    count += 1
    if !isMet { fail(name) }
  }

  mutating func fail(_ name: String) {
    failures += 1
    print("\(name) is wrong")
  }

  func finish() {
    print("\(count) checks, \(failures) failures")
    if failures > 0 { exit(1) }
  }
}
