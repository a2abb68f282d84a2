import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl agents list`
struct AgentsListCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List all agents, or those that match a selector.",
    discussion: """
      A selector is a list of requirements that must all match: env=prod, tier!=db, region in (a,b), zone notin (x), gpu, \
      !spot. These fields are matched like labels: status, alive, hostname, os, version, uuid. A * matches any characters.

      EXAMPLES
        plsctl agents list
        plsctl agents list --selector 'env=prod,region in (eu-1,eu-2),hostname=web-*'
        plsctl agents list -l status=silent -q
        plsctl agents list -o json | jq -r '.agents[].uuid'
      """,
    aliases: ["ls"])

  @OptionGroup var options: ConsoleOptions
  @Option(name: [.customShort("l"), .long], help: "Only agents that match, such as env=prod,alive=true.")
  var selector: String?
  @Flag(name: .shortAndLong, help: "Print only the uuids, one per line.")
  var quiet = false

  func validate() throws {
    try SelectorArgument.check(selector)
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let (agents, raw) = try await session.client.agents(selector: selector)
    if quiet {
      for agent in agents { session.console.print(TerminalText.line(agent.uuid)) }
      return .done
    }
    try session.output.show(["agents": .array(raw), "next": .null]) {
      if agents.isEmpty { return [selector == nil ? "no agents yet: plsctl agents enroll" : "none"] }
      return session.output.lines(of: AgentText.table(of: agents, now: session.console.now()))
    }
    return .done
  }
}
