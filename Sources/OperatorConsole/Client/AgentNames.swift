import ArgumentParser
import Locks
import PlatformAPI

/// The names of the agents, for the shell that completes one.
enum AgentNames {
  /// The most that are offered.
  private static let limit = 200

  /// A word for each agent; none where the platform does not answer within a second.
  static func all(context: String?) async -> [CompletionWord] {
    var console = Console.system()
    console.write = { _, _ in }
    console.interruption = {
      // A shell does not wait.
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
    }
    let found = Locked<[CompletionWord]>([])
    do {
      var options = try ConsoleOptions.parse([])
      options.context = context
      _ = try await ConsoleSession.open(options, on: console) { session in
        let page = try await session.client.call(
          .agentsList, Requests.ListAgents(limit: limit), as: Requests.AgentsPage.self)
        found.withLock { $0 = words(for: page.agents) }
        return .done
      }
    } catch {
      // A completion that fails offers nothing; the command itself reports why.
      return []
    }
    return found.withLock { $0 }
  }

  /// The host name of each agent where it is a safe word and names this agent alone, else the uuid.
  static func words(for agents: [AgentView]) -> [CompletionWord] {
    let ambiguous = AgentNaming.ambiguousNames(of: agents)
    return agents.compactMap { agent in
      let name = agent.hostname.flatMap { ambiguous.contains($0.lowercased()) ? nil : CompletionWord($0) }
      return name ?? CompletionWord(agent.uuid)
    }
  }
}
