import AgentProtocol
import JSON
import Testing

@testable import AgentCore
@testable import HostMetrics

/// Usage alerts derived from mount tables.
@Suite struct UsageAlertsMountTests {
  /// The observation for a mount table and the responses of its mounts.
  private func observation(
    _ table: [String], answer: (MountEntry) -> FilesystemStatistics
  ) -> HostObservation {
    let text = table.joined(separator: "\n") + "\n"
    let mounts = Array(text.utf8).withUnsafeBytes { MountTable(ByteScanner($0)) }
    let plan = DiskPlan(mounts, NoBlockDevices())
    let results = plan.mounts.map { ProbeResult.responded(answer($0)) }
    let report = DiskReport(plan, results, previous: [], traffic: [:], now: MonotonicTime(nanoseconds: 0))
    return HostObservation(disks: report.disks, stalledMounts: report.stalledMounts)
  }

  private func used(_ percent: UInt64) -> FilesystemStatistics {
    FilesystemStatistics(
      totalBytes: 1_000_000, freeBytes: (100 - percent) * 10_000, availableBytes: (100 - percent) * 10_000,
      inodesTotal: 1_000, inodesFree: (100 - percent) * 10)
  }

  private static let snapshotTools: [(before: [String], top: String)] = [
    (
      [
        "29 1 0:26 /@ / rw,noatime shared:1 - btrfs /dev/nvme0n1p3 rw,subvol=/@",
        "44 29 0:26 /@home /home rw,noatime shared:9 - btrfs /dev/nvme0n1p3 rw,subvol=/@home",
      ],
      "61 29 0:26 / /run/timeshift/8077/backup rw,relatime shared:33 - btrfs /dev/nvme0n1p3 rw,subvolid=5,subvol=/"
    ),
    (
      ["29 1 0:26 /@ / rw,noatime shared:1 - btrfs /dev/nvme0n1p3 rw,subvol=/@"],
      "61 29 0:26 / /mnt/btr_pool rw shared:33 - btrfs /dev/nvme0n1p3 rw,subvolid=5,subvol=/"
    ),
    (
      ["25 1 8:3 /ostree/deploy/os/deploy/0 / rw - xfs /dev/sda3 rw"],
      "30 25 8:3 / /sysroot ro,relatime - xfs /dev/sda3 rw"
    ),
  ]

  @Test(arguments: 0..<3)
  func anotherMountOfTheRootDiskChangesNothing(index: Int) {
    let (before, top) = Self.snapshotTools[index]
    var alerts = UsageAlerts(.space)
    var raised: [String] = []
    for step in 0..<10 {
      let table = (3..<7).contains(step) ? before + [top] : before
      let seen = observation(table) { _ in used(96) }
      #expect(seen.disks.map(\.mountpoint) == ["/"])
      raised += alerts.update(seen, AlertSettings()).map { "\($0.code) \($0.objectID)" }
    }
    #expect(raised == ["DISK_SPACE_LOW /"])
  }

  @Test func alertKeepsItsFirstMountPoint() {
    let home = "44 29 0:27 /@home /home rw - btrfs /dev/sdb1 rw"
    let pool = "61 29 0:27 / /mnt/pool rw - btrfs /dev/sdb1 rw"
    var alerts = UsageAlerts(.space)
    var raised: [String] = []
    for (table, percent) in [([home], 92), ([home, pool], 98), ([home, pool], 50), ([home], 50)] {
      raised += alerts.update(observation(table) { _ in used(UInt64(percent)) }, AlertSettings())
        .map { "\($0.code) \($0.severity) \($0.objectID)" }
    }
    #expect(
      raised == [
        "DISK_SPACE_LOW warning /home", "DISK_SPACE_LOW critical /home", "DISK_SPACE_RECOVERED info /home",
      ])
  }

  /// One dataset at `/` and 40 of containers.
  private static let pool =
    ["30 1 0:28 / / rw,noatime shared:1 - zfs rpool/ROOT/deb rw,xattr,posixacl"]
    + (0..<40).map {
      "\(100 + $0) 30 0:\(100 + $0) / /srv/ct-\($0) rw,noatime shared:\(50 + $0) - zfs rpool/data/ct-\($0) rw,xattr,posixacl"
    }

  private func dataset(used: UInt64, available: UInt64) -> FilesystemStatistics {
    // In zfs the size of a dataset is its usage plus the free space of the pool, and inodes derive from the space.
    FilesystemStatistics(
      totalBytes: used + available, freeBytes: available, availableBytes: available,
      inodesTotal: 100 + available / 512, inodesFree: available / 512)
  }

  @Test func oneFullPoolIsOneAlert() throws {
    var alerts = UsageAlerts(.space)
    var inodes = UsageAlerts(.inodes)
    let full = observation(Self.pool) { mount in
      dataset(used: mount.mountpoint == "/" ? 9_000_000 : 1_000_000, available: 0)
    }
    #expect(full.disks.count == 41)
    let raised = alerts.update(full, AlertSettings())
    #expect(raised.map(\.code) == ["DISK_SPACE_LOW"])
    let alert = try #require(raised.first)
    #expect(alert.objectType == .pool && alert.objectID == "rpool" && alert.severity == .critical)
    #expect(alert.message == "rpool: 100 % of the space is in use")
    #expect(alert.details["datasets"]?.integerValue == 41)
    #expect(alerts.update(full, AlertSettings()).isEmpty)
    #expect(inodes.update(full, AlertSettings()).isEmpty, "zfs has no fixed number")
    let empty = observation(Self.pool) { _ in dataset(used: 1_000_000, available: 50_000_000) }
    #expect(alerts.update(empty, AlertSettings()).map(\.code) == ["DISK_SPACE_RECOVERED"])
    #expect(alerts.update(empty, AlertSettings()).isEmpty)
  }

  @Test func datasetWithQuotaHasItsOwnAlert() {
    var alerts = UsageAlerts(.space)
    func seen(pool: UInt64, quota: UInt64) -> HostObservation {
      observation(Self.pool) { mount in
        dataset(used: 1_000_000_000, available: mount.mountpoint == "/srv/ct-7" ? quota : pool)
      }
    }
    func update(pool: UInt64, quota: UInt64) -> [String] {
      alerts.update(seen(pool: pool, quota: quota), AlertSettings()).map {
        "\($0.code) \($0.objectType) \($0.objectID)"
      }
    }
    #expect(update(pool: 5_000_000_000, quota: 0) == ["DISK_SPACE_LOW disk /srv/ct-7"])
    // The pool fills up as well: it gets its own alert, and no alert is closed.
    #expect(update(pool: 0, quota: 0) == ["DISK_SPACE_LOW pool rpool"])
    for _ in 0..<5 { #expect(update(pool: 0, quota: 0).isEmpty) }
    #expect(update(pool: 5_000_000_000, quota: 0) == ["DISK_SPACE_RECOVERED pool rpool"])
    #expect(
      update(pool: 5_000_000_000, quota: 2_000_000_000) == ["DISK_SPACE_RECOVERED disk /srv/ct-7"])
  }

  @Test func datasetWithReservationDoesNotHideAFullPool() {
    var alerts = UsageAlerts(.space)
    let seen = observation(Self.pool) { mount in
      dataset(used: 100_000_000_000, available: mount.mountpoint == "/srv/ct-7" ? 100_000_000_000 : 1_000_000)
    }
    #expect(alerts.update(seen, AlertSettings()).map(\.objectID) == ["rpool"])
  }

  @Test func datasetsWrittenToDuringTheProbeStayOnePool() {
    var alerts = UsageAlerts(.space)
    var available: UInt64 = 40_000_000
    let seen = observation(Self.pool) { _ in
      available -= 50_000
      return dataset(used: 10_000_000_000, available: available)
    }
    #expect(alerts.update(seen, AlertSettings()).map(\.objectID) == ["rpool"])
  }

  @Test func poolWithStalledDatasetsStaysOpen() {
    var alerts = UsageAlerts(.space)
    let table = ["30 1 0:28 / /tank rw - zfs tank rw"]
    #expect(
      alerts.update(observation(table) { _ in dataset(used: 1_000, available: 0) }, AlertSettings()).count
        == 1)
    let stalled = StalledMount(
      mountpoint: "/tank", source: "tank", filesystem: "zfs", seconds: 60, filesystemID: "tank", pool: "tank")
    for _ in 0..<10 {
      #expect(alerts.update(HostObservation(stalledMounts: [stalled]), AlertSettings()).isEmpty)
    }
  }

  @Test(arguments: [UsageAlerts.Measure.space, .inodes])
  func readOnlyFileSystemRaisesNoAlert(measure: UsageAlerts.Measure) {
    var alerts = UsageAlerts(measure)
    let seen = observation([
      "70 21 7:3 / /srv/release ro,nosuid shared:40 - ext4 /dev/loop3 ro",
      "71 21 8:17 / /data ro,relatime shared:41 - ext4 /dev/sdb1 rw",
      "72 21 11:0 / /dvd ro - udf /dev/sr0 ro", "73 21 11:1 / /cd ro - iso9660 /dev/sr1 ro",
      "74 21 7:9 / /snap/core/1 ro - squashfs /dev/loop9 ro", "75 21 7:10 / /e ro - erofs /dev/loop10 ro",
      "76 21 7:11 / /c ro - cramfs /dev/loop11 ro",
    ]) { _ in used(100) }
    #expect(alerts.update(seen, AlertSettings()).map(\.objectID) == ["/data"], "only its mount is read-only")
  }

  @Test func readOnlyRemountClosesTheAlert() {
    var alerts = UsageAlerts(.space)
    func update(_ options: String) -> [String] {
      alerts.update(
        observation(["71 21 8:17 / /data rw - ext4 /dev/sdb1 \(options)"]) { _ in used(100) }, AlertSettings()
      ).map(\.message)
    }
    #expect(update("rw") == ["/data: 100 % of the space is in use"])
    #expect(update("ro") == ["/data is read-only now"])
    #expect(update("ro").isEmpty)
    #expect(update("rw") == ["/data: 100 % of the space is in use"])
  }

  @Test func zfsSnapshotsRaiseNoAlert() {
    var alerts = UsageAlerts(.space)
    let seen = observation([
      "44 0 0:60 / /home rw - zfs tank/home rw",
      "80 44 0:61 / /home/.zfs/snapshot/daily ro - zfs tank/home@daily ro",
    ]) { mount in
      mount.mountpoint == "/home" ? dataset(used: 10, available: 1_000) : dataset(used: 500, available: 0)
    }
    #expect(alerts.update(seen, AlertSettings()).isEmpty)
  }
}

/// Resolves no device, so that disks are named by their sources.
private struct NoBlockDevices: BlockDeviceResolver {
  func name(of number: DeviceNumber) -> String? { nil }

  func device(ofSource source: String) -> BlockDevice? { nil }
}
