import Logging
import Testing

@testable import AgentCore

@Suite struct ConfigurationReloadTests {
  @Test func keysNeedingRestartExcludeReloadableOnes() {
    var new = AgentConfiguration()
    new.agent.allowedOperations = ["exec"]
    new.agent.allowedCommands = [AllowedCommand(path: "/bin/ls")]
    new.agent.heartbeatInterval = .seconds(1)
    new.agent.telemetryInterval = .seconds(1)
    new.agent.commandTimeout = .seconds(1)
    new.log.level = .debug
    new.nats.apiKey = Secret("new")
    new.autoheal = AutohealSettings(
      isEnabled: false, restartDelay: .zero, units: ["a"], exclude: ["b"], maxRestarts: 1)
    new.alerts = AlertSettings(isEnabled: false, diskUsage: 1, inodeUsage: 1, criticalUsage: 1, hysteresis: 1)
    new.iso.mountPath = "/other"
    #expect(AgentConfiguration().keysNeedingRestart(toBecome: new) == [])
    new.nats.url = "nats://other"
    new.log.file = "/var/log/agent.log"
    #expect(AgentConfiguration().keysNeedingRestart(toBecome: new) == ["nats.url", "log.file"])
  }
}
