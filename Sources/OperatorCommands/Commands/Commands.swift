import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl commands …`
struct Commands: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commands", abstract: "List, show, cancel and wait for commands.",
    discussion: """
      A command is named by its id or a prefix of it (4 characters or more).

      EXAMPLES
        plsctl commands list --agent web-1
        plsctl commands wait 7c1f
      """,
    subcommands: [
      List.self, Show.self, Cancel.self,
      Wait.self,
    ])
}

extension Commands {
  /// `plsctl commands list`
  struct List: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List commands, newest first.",
      discussion: """
        EXAMPLES
          plsctl commands list
          plsctl commands list --agent web-1 --state failed
        """,
      aliases: ["ls"])

    @OptionGroup var options: ConsoleOptions
    @Option(help: "Only commands of this agent.", completion: AgentArgument.completion) var agent: String?
    @Option(help: "Only commands in this state.") var state: CommandView.State?
    @Option(name: [.customShort("n"), .long], help: "The maximum number of entries, 1 to 1000.") var limit =
      50

    func validate() throws {
      guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
    }

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let request = Requests.ListCommands(agent: agent, state: state, limit: limit)
      let result = try await session.client.call(.commandsList, request)
      guard options.output == .table else {
        try session.output.show(result) { [] }
        return .done
      }
      let commands = try PlatformClient.decode([CommandView].self, from: result, of: .commandsList)
      let names = DisplayNameCache(session)
      await names.lookUp(agents: Set(commands.map(\.agent)), chosen: agent)
      try session.output.show(result) {
        var table = Table([
          .init("ID", .prefix(8), isKey: true), .init("AGENT", .cut(12), isKey: true),
          .init("OPERATION", .cutEarly(32, least: 16), isKey: true), .init("STATE", isKey: true),
          .init("BY", .dropped(1)), .init("SUBMITTED", .dropped(2)),
          .init("TOOK", isRight: true, .dropped(3)),
        ])
        for command in commands {
          let took = command.endedAt.map { NumberFormat.duration($0 - command.submittedAt) }
          table.add(
            .init(command.id), .init(names[command.agent]), .init(OperationText.line(command)),
            .init(command.state.rawValue, CommandText.tone(of: command.state)), .init(command.submittedBy),
            .init(NumberFormat.time(command.submittedAt)), .init(took))
        }
        return commands.isEmpty ? ["none"] : session.output.lines(of: table)
      }
      return .done
    }
  }

  /// `plsctl commands show`
  struct Show: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show a command and its result.",
      discussion: """
        EXAMPLES
          plsctl commands show 7c1f
          plsctl commands show 7c1f -o json | jq -r .result.output.stdout
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: "The id, or a prefix of it.") var id: String

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let result = try await session.client.call(.commandsShow, Requests.Command(id: id))
      try session.output.show(result) {
        let outcome = try CommandOutcome(result)
        var lines = CommandText.lines(of: outcome, console: session.console)
        if let output = outcome.output, output != .null { lines += ["output"] + ResultText.generic(output) }
        return lines
      }
      return .done
    }
  }

  /// `plsctl commands cancel`
  struct Cancel: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "cancel", abstract: "Cancel a command, also while it runs.",
      discussion: """
        EXAMPLES
          plsctl commands cancel 7c1f
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: "The id, or a prefix of it.") var id: String

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let result = try await session.client.call(.commandsCancel, Requests.Command(id: id))
      try session.output.show(result) {
        let view = try CommandOutcome(result).view
        return [
          view.state.isFinal
            ? TerminalText.line("\(view.id) is \(view.state.rawValue)")
            : TerminalText.line("\(view.id) is being cancelled: plsctl commands wait \(view.id)")
        ]
      }
      return .done
    }
  }

  /// `plsctl commands wait`
  struct Wait: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "wait", abstract: "Wait for a command to finish and show its result.",
      discussion: """
        The exit code is that of the command.

        EXAMPLES
          plsctl commands wait 7c1f --timeout 10m
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: "The id, or a prefix of it.") var id: String

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let known = try await session.client.call(.commandsShow, Requests.Command(id: id))
      let whole = try CommandOutcome(known).view.id
      let timeout = options.timeout?.duration ?? .seconds(60)
      let agent = try await session.resolve(CommandOutcome(known).view.agent, isReported: false)
      let view = try await withThrowingTaskGroup(of: JSONValue?.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await session.client.wait(for: whole, timeout: timeout) }
        group.addTask {
          await session.reportSilence(of: agent, until: .now + timeout, hint: "--timeout waits longer")
          return nil
        }
        while let view = try await group.next() {
          if let view { return view }
        }
        throw ConsoleError(.interrupted, "interrupted")
      }
      let outcome = try CommandOutcome(view)
      if outcome.view.operation == "exec", options.output == .table {
        RemoteOutput(console: session.console).complete(with: outcome.output)
        if outcome.exitCode == nil, let diagnostic = outcome.diagnostic { session.console.report(diagnostic) }
        return outcome.status
      }
      return try session.printOutcome(view, agent: outcome.view.agent)
    }
  }
}
