import AgentProtocol
import HostMetrics
import JSON
import Testing

@testable import AgentCore

@Suite struct UsageAlertsTests {
  private func disk(_ usage: Double, at mountpoint: String = "/", filesystem: String = "ext4") -> DiskUsage {
    DiskUsage(
      device: "/dev/vda1", mountpoint: mountpoint, totalBytes: 1_000, usedBytes: UInt64(usage * 10),
      usagePercent: usage, filesystem: filesystem, inodesTotal: 1_000, inodesUsed: UInt64(usage * 10))
  }

  /// The codes and severities that a series of usage values produces, one text per value.
  private func reported(
    _ figures: [Double?], _ settings: AlertSettings = AlertSettings(), measure: UsageAlerts.Measure = .space
  ) -> [String] {
    var alerts = UsageAlerts(measure)
    return figures.map { figure in
      let observation = HostObservation(disks: figure.map { [disk($0)] } ?? [])
      return alerts.update(observation, settings).map { "\($0.code) \($0.severity)" }.joined(separator: ", ")
    }
  }

  private static let low = "DISK_SPACE_LOW warning"
  private static let critical = "DISK_SPACE_LOW critical"
  private static let recovered = "DISK_SPACE_RECOVERED info"

  @Test(arguments: [("caf\u{E9}", "cafe\u{301}"), ("K", "\u{212A}")])
  func fileSystemsAndPoolsAreComparedByBytes(name: String, equivalent: String) {
    func dataset(_ pool: String) -> DiskUsage {
      DiskUsage(
        device: pool, mountpoint: "/\(pool)", totalBytes: 1_000, usedBytes: 950, usagePercent: 95,
        filesystem: "zfs", availableBytes: 50, pool: pool)
    }
    let disks = [name, equivalent].map { disk(95, at: "/\($0)") }
    var alerts = UsageAlerts(.space)
    let raised = alerts.update(HostObservation(disks: disks), AlertSettings())
    #expect(raised.map(\.code) == ["DISK_SPACE_LOW", "DISK_SPACE_LOW"])
    let remaining = HostObservation(disks: [disks[0]])
    let closed = (0..<3).flatMap { _ in alerts.update(remaining, AlertSettings()) }
    #expect(closed.map(\.code) == ["DISK_SPACE_RECOVERED"])
    var pools = UsageAlerts(.space)
    let observation = HostObservation(disks: [name, equivalent].map(dataset))
    #expect(pools.update(observation, AlertSettings()).map(\.objectType) == [.pool, .pool])
  }

  @Test func crossingAThresholdAndRecoveryAreReportedOnce() {
    #expect(
      reported([50, 89.9, 90, 95, 89, 85, 90, 84.9, 50, 90]) == [
        "", "", Self.low, "", "", "", "", Self.recovered, "", Self.low,
      ])
  }

  @Test func criticalUsageIsReportedAgain() {
    #expect(
      reported([91, 97, 99, 93, 97, 91.9, 97, 80]) == [
        Self.low, Self.critical, "", "", "", "", Self.critical, Self.recovered,
      ])
    #expect(reported([99, 80]) == [Self.critical, Self.recovered])
  }

  @Test func settingsSetTheThresholds() {
    let settings = AlertSettings(diskUsage: 50, inodeUsage: 20, criticalUsage: 60, hysteresis: 0)
    #expect(reported([49, 50, 49.9, 50], settings) == ["", Self.low, Self.recovered, Self.low])
    #expect(reported([60, 49], settings) == [Self.critical, Self.recovered])
    #expect(
      reported([19, 20], settings, measure: .inodes) == ["", "DISK_INODES_LOW warning"],
      "inodes have their own")
    #expect(
      reported([98, 99], AlertSettings(diskUsage: 99, criticalUsage: 97)) == ["", Self.critical],
      "nothing is critical below the threshold")
    #expect(
      reported([3, 1, 0], AlertSettings(diskUsage: 3, hysteresis: 50)) == [Self.low, Self.recovered, ""],
      "an alert can recover when the threshold is below the hysteresis")
  }

  @Test func brieflyMissingDiskHasNotRecovered() {
    #expect(
      reported([95, nil, nil, 95, nil, nil, nil, nil, 95]) == [
        Self.low, "", "", "", "", "", Self.recovered, "", Self.low,
      ])
  }

  @Test func stalledDiskStaysOpen() {
    var alerts = UsageAlerts(.space)
    #expect(alerts.update(HostObservation(disks: [disk(95)]), AlertSettings()).count == 1)
    let stalled = StalledMount(mountpoint: "/", source: "/dev/vda1", filesystem: "ext4", seconds: 60)
    for _ in 0..<10 {
      #expect(alerts.update(HostObservation(stalledMounts: [stalled]), AlertSettings()).isEmpty)
    }
    #expect(alerts.update(HostObservation(disks: [disk(95)]), AlertSettings()).isEmpty)
  }

  @Test func eachDiskHasItsOwnAlert() throws {
    var alerts = UsageAlerts(.space)
    let observation = HostObservation(
      disks: [
        disk(95), disk(99, at: "/var"), disk(10, at: "/home"), disk(100, at: "/dvd", filesystem: "udf"),
      ])
    let reported = alerts.update(observation, AlertSettings())
    #expect(reported.map(\.objectID) == ["/", "/var"])
    #expect(reported.map(\.objectType) == [.disk, .disk])
    let first = try #require(reported.first)
    #expect(first.message == "/: 95 % of the space is in use")
    #expect(first.details["device"]?.stringValue == "/dev/vda1")
    #expect(first.details["usage_pct"]?.doubleValue == 95)
  }

  @Test func fileSystemWithoutInodesRaisesNoAlert() {
    var alerts = UsageAlerts(.inodes)
    var btrfs = disk(99)
    btrfs.inodesTotal = nil
    btrfs.inodesUsed = nil
    #expect(alerts.update(HostObservation(disks: [btrfs]), AlertSettings()).isEmpty)
  }
}
