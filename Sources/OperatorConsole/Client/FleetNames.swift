import JSON
import Locks
import PlatformAPI

/// What agents and commands are called in lists for people: host names and operations in place of uuids and ids.
///
/// Everything is looked up at the platform. Where it cannot answer for a moment, uuids and ids stay: a list is of use without
/// names, too.
final class FleetNames: Sendable {
  private struct State {
    var names: [String: String] = [:]
    /// Operations by the id of the command; empty for a command that the platform does not know.
    var operations: [String: String] = [:]
    /// The second in which live events were last looked up for, and how many times.
    var lookUps = (second: ContinuousClock.now, count: 0)
    /// Nothing is looked up before: a platform that does not answer would hold up what is shown live.
    var pausedUntil: ContinuousClock.Instant?
  }

  /// The most operations that are remembered.
  private static let maximumOperations = 4096
  private static let pause = Duration.seconds(30)
  /// Agents choose what their events name: a flood of them must not become one of requests, nor hold up the events of others.
  private static let lookUpsPerSecond = 5
  /// The longest id that is looked up, in bytes; the platform's own are uuids.
  private static let maximumIDLength = 128

  private let session: ConsoleSession
  private let state = Locked(State())

  init(_ session: ConsoleSession) { self.session = session }

  /// The name of an agent: its host name, else the beginning of its uuid.
  subscript(agent: String) -> String {
    state.withLock { $0.names[agent] } ?? String(agent.prefix(8))
  }

  /// The operation of a command with its parameters; nil where it is not known.
  func operation(ofCommand id: String) -> String? {
    state.withLock { $0.operations[id] }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Looks up the names of agents for a list.
  ///
  /// - Parameter chosen: The one agent that the list is about, where the operator named it.
  func lookUp(agents: Set<String>, chosen: String? = nil) async {
    guard !agents.isEmpty else { return }
    await attempt { client throws(ConsoleError) in
      let views =
        if let chosen { [try await client.agent(chosen).agent] } else {
          try await client.agents(selector: nil).agents
        }
      let names = AgentNaming.names(of: views)
      self.state.withLock { $0.names.merge(names) { $1 } }
    }
  }

  /// Looks up the operations of commands for a list.
  ///
  /// - Parameter agent: The agent that the list is about; nil for all.
  func lookUp(commandsOf agent: String?) async {
    await attempt { client throws(ConsoleError) in
      let commands = try await client.call(
        .commandsList, Requests.ListCommands(agent: agent, limit: 1000), as: [CommandView].self)
      self.state.withLock { state in
        for command in commands { state.operations[command.id] = OperationText.line(command) }
      }
    }
  }

  /// Looks up what a live event names and is not known yet, a few times a second at most: an event is shown without names sooner
  /// than late.
  func lookUp(_ event: EventView) async {
    if state.withLock({ $0.names[event.agent] == nil }), mayLookUp() {
      await attempt { client throws(ConsoleError) in
        let agent = try await client.agent(event.agent).agent
        // Another agent may have the host name, or take it later.
        let short = String(event.agent.prefix(8))
        self.state.withLock { $0.names[event.agent] = agent.hostname.map { "\($0) (\(short))" } ?? short }
      }
    }
    guard let id = event.payload.objectValue?["command_id"]?.stringValue,
      id.utf8.count <= Self.maximumIDLength, state.withLock({ $0.operations[id] == nil }), mayLookUp()
    else { return }
    await attempt { client throws(ConsoleError) in
      var text = ""
      do throws(ConsoleError) {
        text = OperationText.line(
          try await client.call(.commandsShow, Requests.Command(id: id), as: CommandView.self))
      } catch {
        // A command that was not sent through the platform.
        guard [.notFound, .usage].contains(error.status) else { throw error }
      }
      self.state.withLock { state in
        if state.operations.count >= Self.maximumOperations { state.operations.removeAll() }
        state.operations[id] = text
      }
    }
  }

  private func mayLookUp() -> Bool {
    state.withLock { state in
      if state.lookUps.second.duration(to: .now) >= .seconds(1) { state.lookUps = (.now, 0) }
      guard state.lookUps.count < Self.lookUpsPerSecond else { return false }
      state.lookUps.count += 1
      return true
    }
  }

  private func attempt(_ body: (PlatformClient) async throws(ConsoleError) -> Void) async {
    if let until = state.withLock({ $0.pausedUntil }), until > .now { return }
    do throws(ConsoleError) {
      try await body(session.client)
    } catch {
      // An agent that is gone is no trouble of the platform.
      if error.status != .notFound { state.withLock { $0.pausedUntil = .now + Self.pause } }
    }
  }
}
