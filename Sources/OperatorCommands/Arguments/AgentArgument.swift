import ArgumentParser
import Locks
import PlatformAPI

/// Arguments that name an agent, and their completion.
enum AgentArgument {
  /// The help text of an argument that names one agent.
  static let help = ArgumentHelp("A uuid, the beginning of one, or a host name.", valueName: "agent")

  /// Completion with host names and uuids. Offers nothing if the platform does not answer in time.
  static let completion = CompletionKind.words { words in
    await AgentCompletion.all(context: contextName(in: words))
  }

  private static func contextName(in words: [String]) -> String? {
    guard let index = words.firstIndex(of: "--context"), index + 1 < words.count else { return nil }
    return words[index + 1]
  }
}

/// Shell completion with the names of the agents.
enum AgentCompletion {
  /// The maximum number of words.
  private static let limit = 200

  /// A word for each agent; empty if the platform does not answer within a second.
  static func all(context: String?) async -> [CompletionWord] {
    var console = Console.system()
    console.write = { _, _ in }
    console.interruption = {
      // The shell is blocked until the completion returns.
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
      // A failed completion offers nothing. The command itself reports the error.
      return []
    }
    return found.withLock { $0 }
  }

  /// The host name of each agent if it is safe and unambiguous, otherwise the uuid.
  static func words(for agents: [AgentView]) -> [CompletionWord] {
    let ambiguous = AgentDisplayNames.ambiguousNames(of: agents)
    return agents.compactMap { agent in
      let name = agent.hostname.flatMap { ambiguous.contains($0.lowercased()) ? nil : CompletionWord($0) }
      return name ?? CompletionWord(agent.uuid)
    }
  }
}
