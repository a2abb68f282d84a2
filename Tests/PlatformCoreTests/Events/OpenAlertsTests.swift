import JSON
import Testing

@testable import PlatformCore

@Suite struct OpenAlertsTests {
  private func alert(_ code: String, _ object: String, _ severity: String = "warning", at: Double = 100)
    -> OpenAlerts.Alert
  {
    OpenAlerts.Alert(
      at: at, receivedAt: at, severity: severity, code: code, message: "m", objectType: "system",
      objectID: object)
  }

  @Test(arguments: [
    ("SERVICE_FAILED", "SERVICE_RECOVERED"), ("SERVICE_GIVEN_UP", "SERVICE_RECOVERED"),
    ("DISK_SPACE_LOW", "DISK_SPACE_RECOVERED"), ("DISK_INODES_LOW", "DISK_INODES_RECOVERED"),
    ("MOUNT_UNRESPONSIVE", "MOUNT_RECOVERED"), ("REBOOT_REQUIRED", "REBOOT_NO_LONGER_REQUIRED"),
    ("REBOOT_NOT_HAPPENED", "REBOOT_COMPLETED"), ("UPDATE_FAILED", "UPDATE_FINISHED"),
  ])
  func recoveryClosesItsAlert(_ opens: String, _ closes: String) {
    var alerts = OpenAlerts()
    alerts.record(alert(opens, "a"))
    alerts.record(alert(opens, "b"))
    alerts.record(alert(closes, "a", "info"))
    #expect(alerts.open(at: 1e9).map(\.objectID) == ["b"])
    #expect(OpenAlerts(json: alerts.json) == alerts)
  }

  @Test func laterStageReplacesTheAlert() {
    var alerts = OpenAlerts()
    alerts.record(alert("SERVICE_FAILED", "nginx"))
    alerts.record(alert("SERVICE_FAILED", "nginx", at: 110))
    alerts.record(alert("SERVICE_GIVEN_UP", "nginx", "critical", at: 120))
    #expect(alerts.alerts.map(\.code) == ["SERVICE_GIVEN_UP"])
  }

  @Test func alertWithoutRecoveryExpiresAfterADay() {
    var alerts = OpenAlerts()
    alerts.record(alert("OOM_KILL", "memory", "critical", at: 100))
    alerts.record(alert("HELLO", "x", "info", at: 100))
    #expect(alerts.open(at: 86_499).map(\.code) == ["OOM_KILL"])
    #expect(alerts.open(at: 86_500).isEmpty)
  }

  @Test func manyAlertsOfOneKindLeaveThoseOfOthers() {
    var alerts = OpenAlerts()
    alerts.record(alert("SERVICE_GIVEN_UP", "nginx.service", "critical"))
    alerts.record(alert("REBOOT_REQUIRED", "reboot"))
    alerts.record(alert("MOUNT_UNRESPONSIVE", "/mnt/nas", "critical"))
    for number in 0..<41 { alerts.record(alert("DISK_SPACE_LOW", "/srv/ct-\(number)", "critical")) }
    for number in 0..<41 { alerts.record(alert("DISK_INODES_LOW", "/srv/ct-\(number)", "critical")) }
    #expect(alerts.alerts.count == OpenAlerts.capacity)
    #expect(
      alerts.alerts.prefix(3).map(\.code) == ["SERVICE_GIVEN_UP", "REBOOT_REQUIRED", "MOUNT_UNRESPONSIVE"])
    let counts = Dictionary(grouping: alerts.alerts, by: \.code).mapValues(\.count)
    #expect(counts["DISK_SPACE_LOW"] == 14 && counts["DISK_INODES_LOW"] == 15)
    #expect(alerts.alerts.last?.objectID == "/srv/ct-40", "of one kind the newest stay")
  }

  @Test func alertsAreLimitedAndClosedByABoot() {
    var alerts = OpenAlerts()
    for number in 0..<100 { alerts.record(alert("MADE_UP_\(number)", "x", at: Double(number))) }
    #expect(alerts.alerts.count == 32 && alerts.alerts.last?.code == "MADE_UP_99")
    alerts.removeAll(receivedBefore: 99)
    #expect(alerts.alerts.map(\.code) == ["MADE_UP_99"])
  }

  @Test func canonicallyEquivalentObjectsHaveSeparateAlerts() {
    var alerts = OpenAlerts()
    alerts.record(alert("MOUNT_UNRESPONSIVE", "/mnt/\u{E9}"))
    alerts.record(alert("MOUNT_UNRESPONSIVE", "/mnt/e\u{301}"))
    #expect(alerts.alerts.count == 2)
    alerts.record(alert("MOUNT_RECOVERED", "/mnt/e\u{301}", "info"))
    #expect(alerts.alerts.map { Array($0.objectID.utf8) } == [Array("/mnt/\u{E9}".utf8)])
  }

  @Test func canonicallyEquivalentCodeClosesNothing() {
    var alerts = OpenAlerts()
    alerts.record(alert("DISK_SPACE_LOW", "/"))
    alerts.record(alert("DIS\u{212A}_SPACE_RECOVERED", "/", "info"))
    #expect(alerts.alerts.count == 1)
  }
}
