import Loopback

/// Runs a fleet through connect, idle operation, load, loss of the server and reconnect.
struct FleetRun {
  /// The duration of each measured part.
  var watched = Duration.seconds(60)
  /// The maximum duration until all are connected.
  var limit = Duration.seconds(120)

  func run(_ scene: some Scene) async throws {
    Report.title("\(scene.tokens.count) agents, \(scene.title)")
    let fleet = try Fleet(scene.tokens, url: scene.server.url)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let before = try await Load(scene, fleet)
      let start = ContinuousClock.now
      group.addTask { await fleet.run() }
      try await connect(scene, fleet, since: start, before)
      try await live(scene, fleet)
      try await restart(scene, fleet)
      group.cancelAll()
    }
  }

  private func connect(
    _ scene: some Scene, _ fleet: Fleet, since start: ContinuousClock.Instant, _ before: Load
  ) async throws {
    let agents = Double(scene.tokens.count)
    let connecting = try await fleet.connected(since: start, within: limit)
    let connected = try await Load(scene, fleet)
    Report.line("all connected after", "\(Report.number(connecting / .seconds(1), 2)) s, all begin at once")
    let used = connected.since(before)
    Report.line(
      "processor ms an agent",
      "nats-server \(Report.number(used.server / agents * 1e3, 2)), "
        + "callout and platform \(Report.number(used.responder / agents * 1e3, 2)), "
        + "simulator \(Report.number(used.simulator / agents * 1e3, 2))")
    Report.failures(fleet.counters)
    fleet.counters.forgetFailures()
  }

  private func live(_ scene: some Scene, _ fleet: Fleet) async throws {
    for (name, interval) in [
      ("every 30 s, as agents do", Duration.seconds(30)), ("every second", .seconds(1)),
    ] {
      fleet.beat(every: interval)
      Report.title("heartbeat and telemetry \(name)")
      // The load of connecting has ended by then.
      try await Task.sleep(for: .seconds(5))
      let first = try await Load(scene, fleet)
      try await Task.sleep(for: watched)
      let last = try await Load(scene, fleet)
      Report.load(last.since(first), scene)
    }
    fleet.beat(every: .seconds(30))
    Report.line("connections lost", "\(fleet.counters.now.losses)")
  }

  private func restart(_ scene: some Scene, _ fleet: Fleet) async throws {
    Report.title("the server is killed and started again")
    let losses = fleet.counters.now.losses
    let killed = ContinuousClock.now
    try scene.server.restart()
    let isUp = ContinuousClock.now - killed
    while fleet.counters.now.losses - losses < scene.tokens.count {
      guard ContinuousClock.now - killed < limit else { throw BenchmarkFailure("not all noticed") }
      try await Task.sleep(for: .milliseconds(10))
    }
    let back = try await fleet.connected(since: killed, within: limit)
    Report.line("server ready after", "\(Report.number(isUp / .seconds(1), 2)) s")
    Report.line("all connected after", "\(Report.number(back / .seconds(1), 2)) s")
    Report.failures(fleet.counters)
    Report.line(
      "in the server's log",
      "\(scene.server.logged("authentication timeout") + scene.server.logged("authorization timeout")) time-outs, "
        + "\(scene.server.logged("authorization violation")) refusals")
  }
}
