import AgentProtocol
import ArgumentParser
import JSON
import Locks
import NATS
import NIOCore
import PlatformAPI

extension Telemetry {
  /// `plsctl telemetry watch`
  struct Watch: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "watch", abstract: "Show live telemetry, redrawn in place.",
      discussion: """
        Without a terminal it prints one line per sample. Ctrl-C ends it.

        EXAMPLES
          plsctl telemetry watch
          plsctl telemetry watch web-1 web-2
          plsctl telemetry watch web-1 --count 10 -o json | jq .payload.cpu.usage_pct
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: "The agents. (default: all)", completion: AgentArgument.completion)
    var agents: [String] = []
    @Option(help: "Exit after this number of samples.") var count: Int?

    func validate() throws {
      if let count, count < 1 { throw ValidationError("--count takes 1 or more") }
    }

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let isDrawn = options.output == .table && session.console.terminal(.output) != nil
      let (board, subscriptions) = try await prepare(session)
      return try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        for subscription in subscriptions {
          group.addTask {
            for await message in subscription {
              try receive(message, into: board, session, isDrawn: isDrawn)
              if let count, board.withLock({ $0.count }) >= count { return }
            }
          }
        }
        if isDrawn { group.addTask { await draw(board, session) } }
        try await group.next()
        return .done
      }
    }

    private func prepare(
      _ session: ConsoleSession
    ) async throws -> (Locked<TelemetryBoard>, [NATSSubscription]) {
      var known: [AgentView] = []
      var subjects: [String] = []
      if agents.isEmpty {
        known = try await session.client.agents(selector: nil).agents
        subjects = ["vm.*.telemetry"]
      }
      for reference in agents {
        let agent = try await session.client.agent(reference).agent
        guard !known.contains(where: { $0.uuid == agent.uuid }), let identity = AgentUUID(agent.uuid) else {
          continue
        }
        known.append(agent)
        subjects.append(AgentSubjects(identity).telemetry)
      }
      let expected = agents.isEmpty ? [] : known.map(\.uuid)
      let board = TelemetryBoard(names: AgentDisplayNames.names(of: known), expected: expected)
      var subscriptions: [NATSSubscription] = []
      for subject in subjects { subscriptions.append(try session.client.subscribe(to: subject)) }
      return (Locked(board), subscriptions)
    }

    private func receive(
      _ message: NATSMessage, into board: Locked<TelemetryBoard>, _ session: ConsoleSession, isDrawn: Bool
    ) throws {
      // The agent's uuid is taken from the subject, which the server authorizes.
      let parts = message.subject.split(separator: ".")
      guard parts.count == 3, let envelope = try? Envelope(parsing: Array(message.payload.readableBytesView)),
        let payload = try? JSONReader.parse(envelope.payload)
      else { return }
      let uuid = String(parts[1]).lowercased()
      let now = session.console.now()
      guard let history = board.withLock({ $0.add(payload, of: uuid, at: now) }), !isDrawn else { return }
      let event: JSONValue = [
        "agent": .string(uuid), "at": .number(now), "type": "telemetry", "payload": payload,
      ]
      try session.output.showNext(event) { [TelemetryRenderer.logLine(history, at: now)] }
    }

    /// Draws up to four times per second while samples arrive, and once per second to update their ages.
    private func draw(_ board: Locked<TelemetryBoard>, _ session: ConsoleSession) async {
      var region = LiveRegion(session.console, .output)
      let palette = session.console.palette()
      var ticks = 0
      while true {
        if ticks % 4 == 0 || board.withLock({ $0.hasNewSamples }),
          let size = session.console.terminal(.output)
        {
          let histories = board.withLock { $0.snapshot() }
          region.draw(TelemetryRenderer.lines(histories, size: size, now: session.console.now()), palette)
        }
        ticks += 1
        do { try await Task.sleep(for: .milliseconds(250)) } catch {
          // Show the last samples before returning.
          if let size = session.console.terminal(.output) {
            let histories = board.withLock { $0.snapshot() }
            region.draw(TelemetryRenderer.lines(histories, size: size, now: session.console.now()), palette)
          }
          return
        }
      }
    }
  }
}
