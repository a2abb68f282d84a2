import Encoding
import JSON
import Locks
import PlatformAPI

/// Cache of host names of agents and operations of commands, which replace uuids and ids in lists.
///
/// They are looked up at the platform. If it does not answer, lists show uuids and ids.
final class DisplayNameCache: Sendable {
  private struct State {
    var names: [ExactString: String] = [:]
    /// Operations by command id; empty for a command that the platform does not know.
    var operations: [ExactString: String] = [:]
    /// The start of the current rate limit window of one second, and the number of lookups in it.
    var lookUps = (second: ContinuousClock.now, count: 0)
    /// Lookups are paused until then, so that a platform that does not answer does not delay live events.
    var pausedUntil: ContinuousClock.Instant?
  }

  /// The maximum number of cached operations.
  private static let maximumOperations = 4096
  private static let pause = Duration.seconds(30)
  /// Agents choose the ids in their events. The limit keeps a flood of events from becoming a flood of requests, or from delaying
  /// the events of other agents.
  private static let lookUpsPerSecond = 5
  /// The maximum length in bytes of an id that is looked up; the platform's own ids are uuids.
  private static let maximumIDLength = 128

  private let session: ConsoleSession
  private let state = Locked(State())

  init(_ session: ConsoleSession) { self.session = session }

  /// The display name of an agent, or the first 8 characters of its uuid.
  subscript(agent: String) -> String {
    state.withLock { $0.names[ExactString(agent)] } ?? String(agent.prefix(8))
  }

  /// The operation of a command with its parameters; nil if it is not known.
  func operation(ofCommand id: String) -> String? {
    state.withLock { $0.operations[ExactString(id)] }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Looks up the names of agents for a list.
  ///
  /// - Parameter chosen: The only agent of the list, if the operator named one.
  func lookUp(agents: Set<String>, chosen: String? = nil) async {
    guard !agents.isEmpty else { return }
    await attempt { client throws(ConsoleError) in
      let views =
        if let chosen { [try await client.agent(chosen).agent] } else {
          try await client.agents(selector: nil).agents
        }
      let names = AgentDisplayNames.names(of: views)
      self.state.withLock { $0.names.merge(names) { $1 } }
    }
  }

  /// Looks up the operations of commands for a list.
  ///
  /// - Parameter agent: The agent whose commands are listed; nil for all.
  func lookUp(commandsOf agent: String?) async {
    await attempt { client throws(ConsoleError) in
      let commands = try await client.call(
        .commandsList, Requests.ListCommands(agent: agent, limit: 1000), as: [CommandView].self)
      self.state.withLock { state in
        for command in commands { state.operations[ExactString(command.id)] = OperationText.line(command) }
      }
    }
  }

  /// Looks up the unknown agent and command of a live event. The rate is limited; an event above the limit is shown without names.
  func lookUp(_ event: EventView) async {
    if state.withLock({ $0.names[ExactString(event.agent)] == nil }), mayLookUp() {
      await attempt { client throws(ConsoleError) in
        let agent = try await client.agent(event.agent).agent
        // Another agent may have the same host name now or later.
        let short = String(event.agent.prefix(8))
        self.state.withLock {
          $0.names[ExactString(event.agent)] = agent.hostname.map { "\($0) (\(short))" } ?? short
        }
      }
    }
    guard let id = event.payload.objectValue?["command_id"]?.stringValue,
      id.utf8.count <= Self.maximumIDLength, state.withLock({ $0.operations[ExactString(id)] == nil }),
      mayLookUp()
    else { return }
    await attempt { client throws(ConsoleError) in
      var text = ""
      do throws(ConsoleError) {
        text = OperationText.line(
          try await client.call(.commandsShow, Requests.Command(id: id), as: CommandView.self))
      } catch {
        // The command was not submitted through the platform.
        guard [.notFound, .usage].contains(error.status) else { throw error }
      }
      self.state.withLock { state in
        if state.operations.count >= Self.maximumOperations { state.operations.removeAll() }
        state.operations[ExactString(id)] = text
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
      // A removed agent is not a failure of the platform.
      if error.status != .notFound { state.withLock { $0.pausedUntil = .now + Self.pause } }
    }
  }
}
