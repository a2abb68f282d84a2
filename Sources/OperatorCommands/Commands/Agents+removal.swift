import ArgumentParser
import JSON
import PlatformAPI

extension Agents {
  /// `plsctl agents remove`
  struct Remove: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Remove agents and their data.",
      discussion: """
        Their tokens are revoked, open commands are cancelled, and labels, state and events are deleted; the audit record is \
        kept. A removed uuid can be enrolled again. A connected agent is only removed with --force.

        EXAMPLES
          plsctl agents remove old-web-1
          plsctl agents remove 0b5e3a52 --yes --reason 'machine sold'
          plsctl agents remove -l status=silent,env=test
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String?
    @Option(name: [.customShort("l"), .long], help: "The agents that match, such as status=silent,env=test.")
    var selector: String?
    @Option(help: "The reason, for the audit record.") var reason: String?
    @Flag(help: "Also remove connected agents; their connections are closed.") var force = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func validate() throws {
      guard (agent == nil) != (selector == nil) else {
        throw ValidationError("give either an agent or --selector")
      }
      try SelectorArgument.check(selector)
    }

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      guard let selector else { return try await removeOne(in: session) }
      let (agents, _) = try await session.client.agents(selector: selector)
      guard !agents.isEmpty else {
        throw ConsoleError(.notFound, "no agent matches \(selector.debugDescription)")
      }
      for agent in agents {
        session.console.report(
          "agent \(agent.uuid) (\(agent.hostname ?? "no host name"), \(agent.status.rawValue))")
      }
      try session.confirm("remove these \(agents.count) agents", isAgreed: yes)
      var removed: [JSONValue] = []
      var failures: [ConsoleError] = []
      for agent in agents {
        do throws(ConsoleError) {
          removed.append(try await remove(agent.uuid, in: session))
        } catch {
          session.console.report("agent \(agent.uuid) is not removed: \(error.message)")
          failures.append(error)
        }
      }
      try session.output.show(.array(removed)) {
        ["\(removed.count) agents are removed" + (failures.isEmpty ? "" : ", \(failures.count) are not")]
      }
      return failures.first?.status ?? .done
    }

    private func removeOne(in session: ConsoleSession) async throws -> ExitStatus {
      let target = try await session.resolve(agent ?? "", hostname: .always, isReported: false)
      try session.confirm("remove agent \(target) and its data", isAgreed: yes)
      let result = try await remove(target.uuid, in: session)
      try session.output.show(result) { [TerminalText.line("agent \(target) is removed")] }
      return .done
    }

    private func remove(_ uuid: String, in session: ConsoleSession) async throws(ConsoleError) -> JSONValue {
      try await session.client.call(
        .agentsRemove, Requests.RemoveAgent(agent: uuid, force: force ? true : nil, reason: reason))
    }
  }
}
