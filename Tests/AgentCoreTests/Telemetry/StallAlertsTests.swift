import AgentProtocol
import HostMetrics
import Testing

@testable import AgentCore

@Suite struct StallAlertsTests {
  private let nfs = StalledMount(mountpoint: "/mnt/nfs", source: "srv:/x", filesystem: "nfs4", seconds: 9)
  private let slow = StalledMount(mountpoint: "/mnt/slow", source: "srv:/y", filesystem: "nfs4", seconds: 1)

  private func codes(_ alerts: [StallAlerts.Alert]) -> [String] { alerts.map(\.payload.code) }

  @Test func toldOnceAndOnceMoreWhenItAnswersAgain() {
    var alerts = StallAlerts()
    #expect(alerts.update([]).isEmpty)
    #expect(codes(alerts.update([nfs])) == ["MOUNT_UNRESPONSIVE"])
    #expect(alerts.update([nfs]).isEmpty)
    #expect(codes(alerts.update([])) == ["MOUNT_RECOVERED"])
    #expect(alerts.update([]).isEmpty)
  }

  @Test func aMountThatIsMerelySlowIsNotTold() {
    var alerts = StallAlerts()
    #expect(alerts.update([slow]).isEmpty)
    #expect(alerts.update([]).isEmpty)
  }

  @Test func anAlertThatDidNotArriveIsDueAgain() {
    var alerts = StallAlerts()
    for alert in alerts.update([nfs]) { alerts.retract(alert) }
    #expect(alerts.update([nfs]).map(\.payload.objectID) == ["/mnt/nfs"])
    for alert in alerts.update([]) { alerts.retract(alert) }
    #expect(codes(alerts.update([])) == ["MOUNT_RECOVERED"], "also that of a recovery")
  }

  @Test func anAlertThatIsNoLongerTrueIsNotDue() {
    var alerts = StallAlerts()
    for alert in alerts.update([nfs]) { alerts.retract(alert) }
    #expect(alerts.update([]).isEmpty, "nobody knew that it hung")
  }
}
