import AgentProtocol
import HostMetrics
import Testing

@testable import AgentCore

@Suite struct MountAlertsTests {
  private let nfs = StalledMount(mountpoint: "/mnt/nfs", source: "srv:/x", filesystem: "nfs4", seconds: 9)
  private let slow = StalledMount(mountpoint: "/mnt/slow", source: "srv:/y", filesystem: "nfs4", seconds: 1)

  private func codes(_ alerts: inout MountAlerts, _ stalled: [StalledMount]) -> [String] {
    alerts.update(HostObservation(stalledMounts: stalled), AlertSettings()).map(\.code)
  }

  @Test func stalledMountAndItsRecoveryAreReportedOnce() {
    var alerts = MountAlerts()
    #expect(codes(&alerts, []) == [])
    #expect(codes(&alerts, [nfs]) == ["MOUNT_UNRESPONSIVE"])
    #expect(codes(&alerts, [nfs]) == [])
    #expect(codes(&alerts, []) == ["MOUNT_RECOVERED"])
    #expect(codes(&alerts, []) == [])
  }

  @Test(arguments: [("/caf\u{E9}", "/cafe\u{301}"), ("/K", "/\u{212A}")])
  func mountPointsAreComparedByBytes(path: String, equivalent: String) {
    func stalled(_ path: String) -> StalledMount {
      StalledMount(mountpoint: path, source: "srv:/x", filesystem: "nfs4", seconds: 9)
    }
    var alerts = MountAlerts()
    #expect(codes(&alerts, [stalled(path)]) == ["MOUNT_UNRESPONSIVE"])
    #expect(codes(&alerts, [stalled(path), stalled(equivalent)]) == ["MOUNT_UNRESPONSIVE"])
    #expect(codes(&alerts, [stalled(equivalent)]) == ["MOUNT_RECOVERED"])
  }

  @Test func slowMountIsNotReported() {
    var alerts = MountAlerts()
    #expect(codes(&alerts, [slow]) == [])
    #expect(codes(&alerts, []) == [])
  }
}
