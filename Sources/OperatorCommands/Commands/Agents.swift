import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl agents …`
struct Agents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agents", abstract: "List, enroll and revoke agents.",
    discussion: """
      EXAMPLES
        plsctl agents list -l env=prod,alive=true
        plsctl agents enroll --label env=prod
        plsctl agents rotate web-1 --grace 10m
      """,
    subcommands: [
      List.self, Show.self, Enroll.self, Rotate.self,
      Revoke.self, Remove.self, Label.self,
      EnrollToken.self,
      Enrollments.self, EnrollRevoke.self,
    ])
}

extension Agents {
  /// `plsctl agents list`
  struct List: PlatformCommand {
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

  /// `plsctl agents show`
  struct Show: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show the details of one agent.",
      discussion: """
        EXAMPLES
          plsctl agents show web-1
          plsctl agents show 0b5e -o json | jq .capabilities
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let result = try await session.client.call(.agentsShow, Requests.Agent(agent: agent))
      try session.output.show(result) {
        let detail = try PlatformClient.decode(AgentDetail.self, from: result, of: .agentsShow)
        return AgentText.lines(
          of: detail, telemetry: result.objectValue?["telemetry"], console: session.console)
      }
      return .done
    }
  }

  /// `plsctl agents label`
  struct Label: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "label", abstract: "Set and remove labels of an agent.",
      discussion: """
        EXAMPLES
          plsctl agents label web-1 env=prod tier=web
          plsctl agents label web-1 tier-
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Argument(help: "key=value sets a label, key- removes it.") var labels: [String]

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let labels = try LabelArguments.parse(labels)
      let target = try await session.resolve(agent, isReported: false)
      let request = Requests.Label(agent: target.uuid, set: labels.set, remove: labels.remove)
      try await session.showCall(.agentsLabel, request, as: AgentView.self) { agent in
        var rows = KeyValueTable(session.console.palette())
        rows.add("uuid", agent.uuid)
        rows.add("hostname", agent.hostname)
        rows.add("labels", agent.labels.isEmpty ? "none" : LabelArguments.text(agent.labels))
        return rows.lines
      }
      return .done
    }
  }
}
