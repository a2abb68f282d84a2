import AgentProtocol
import HostMetrics
import JSON
import Testing

@testable import AgentCore

@Suite struct StallAlertsTests {
  private let nfs = StalledMount(mountpoint: "/mnt/nfs", source: "srv:/x", filesystem: "nfs4", seconds: 1)

  @Test func toldOnceAndOnceMoreWhenItAnswersAgain() {
    var alerts = StallAlerts()
    #expect(alerts.update([]).isEmpty)
    #expect(alerts.update([nfs]).map(\.code) == ["MOUNT_UNRESPONSIVE"])
    #expect(alerts.update([nfs]).isEmpty)
    #expect(alerts.update([]).map(\.code) == ["MOUNT_RECOVERED"])
    #expect(alerts.update([]).isEmpty)
  }

  @Test func anAlertThatDidNotGoOutIsDueAgain() {
    var alerts = StallAlerts()
    for alert in alerts.update([nfs]) { alerts.retract(alert) }
    #expect(alerts.update([nfs]).map(\.objectID) == ["/mnt/nfs"])
  }
}
