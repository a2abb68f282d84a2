import ArgumentParser
import Locks
import PlatformAPI

/// The names of the agents, for the shell that completes one.
enum AgentNames {
  /// The most that are offered.
  private static let limit = 200

  /// Those that begin with `prefix`; none where the platform does not answer within a second.
  static func complete(_ prefix: String, context: String?) async -> [String] {
    var console = Console.system()
    console.write = { _, _ in }
    console.interruption = {
      // A shell does not wait.
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
    }
    let found = Locked<[String]>([])
    do {
      var options = try ConsoleOptions.parse([])
      options.context = context
      _ = try await ConsoleSession.open(options, on: console) { session in
        let page = try await session.client.call(
          .agentsList, Requests.ListAgents(limit: limit), as: Requests.AgentsPage.self)
        let counts = page.agents.reduce(into: [String: Int]()) { $0[$1.hostname ?? "", default: 0] += 1 }
        // A name that several machines have names none.
        let names = page.agents.map { agent in
          agent.hostname.flatMap { counts[$0] == 1 ? $0 : nil } ?? agent.uuid
        }
        found.withLock { $0 = names }
        return .done
      }
    } catch {
      // A completion that fails offers nothing; the command itself tells why.
      return []
    }
    return found.withLock { $0 }.filter { name in
      name.hasPrefix(prefix) && !name.unicodeScalars.contains { TerminalText.isUnsafe($0) || $0 == " " }
    }
  }
}
