import AgentProtocol
import Clocks

/// Collects the agent's own part of the output of `agent.status`.
struct StatusReporter: Sendable {
  private let uplink: NATSUplink
  private let meter: FootprintMeter
  private let started = ContinuousClock.now
  private let startedAt = UnixTime.now

  init(uplink: NATSUplink, meter: FootprintMeter) {
    self.uplink = uplink
    self.meter = meter
  }

  func report() -> AgentStatus.Report {
    AgentStatus.Report(
      version: AgentVersion.current, uptimeSeconds: (ContinuousClock.now - started).components.seconds,
      startedAt: startedAt, serverURL: uplink.serverURL, connection: uplink.connectionID,
      footprint: meter.read())
  }
}
