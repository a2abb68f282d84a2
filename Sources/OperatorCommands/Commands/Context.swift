import ArgumentParser
import JSON

/// `plsctl context …`
struct Context: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context", abstract: "Manage the connection settings of platforms.",
    discussion: """
      Contexts are stored in $PLSCTL_CONFIG, otherwise $XDG_CONFIG_HOME/plusclouds/contexts.yaml, otherwise
      ~/.config/plusclouds/contexts.yaml. PLSCTL_URL, PLSCTL_OPERATOR, PLSCTL_TOKEN and PLSCTL_CA_FILE override the
      current context.

      EXAMPLES
        plsctl context add prod --url tls://nats.example.com --operator alice
        plsctl context use prod
      """,
    subcommands: [
      List.self, Use.self, Add.self, Remove.self,
      Show.self,
    ])
}

extension Context {
  /// `plsctl context list`
  struct List: ConsoleCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the contexts; * marks the current one.",
      discussion: """
        EXAMPLES
          plsctl context list
        """,
      aliases: ["ls"])

    @OptionGroup var options: ConsoleOptions

    func execute(on console: Console) async throws -> ExitStatus {
      let file = try ContextStore.read(on: console).file
      let contexts = file.contexts.sorted { $0.key < $1.key }
      let output = Output(console: console, format: options.output)
      let json = contexts.map { $0.value.json(name: $0.key, isCurrent: file.isCurrent($0.key)) }
      try output.show(.array(json)) {
        if contexts.isEmpty { return ["none: plsctl context add"] }
        var table = Table([
          .init(""), .init("NAME", isKey: true), .init("OPERATOR"), .init("URL", .cut(20), isKey: true),
        ])
        for (name, context) in contexts {
          table.add(
            .init(file.isCurrent(name) ? "*" : ""), .init(name), .init(context.operatorName),
            .init(context.url)
          )
        }
        return output.lines(of: table)
      }
      return .done
    }
  }

  /// `plsctl context use`
  struct Use: ConsoleCommand {
    static let configuration = CommandConfiguration(
      commandName: "use", abstract: "Select the current context.",
      discussion: """
        EXAMPLES
          plsctl context use prod
        """)

    @Argument(help: "The name of the context.", completion: ContextCompletion.completion) var name: String

    func execute(on console: Console) async throws -> ExitStatus {
      var (store, file) = try ContextStore.read(on: console)
      let context = try file.context(name)
      file.current = name
      try store.save(file)
      console.print(TerminalText.line("\(name): \(context)"))
      return .done
    }
  }

  /// `plsctl context show`
  struct Show: ConsoleCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show a context without its token. (default: the current one)",
      discussion: """
        EXAMPLES
          plsctl context show
          plsctl context show prod -o json
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: "The name of the context.", completion: ContextCompletion.completion) var name: String?

    func execute(on console: Console) async throws -> ExitStatus {
      let choice = try ContextChoice(named: name ?? options.context, environment: console.environment)
      if let warning = choice.warning { console.report(warning) }
      let file = try ContextStore.read(on: console).file
      let isCurrent = choice.name.map(file.isCurrent) ?? false
      let json = choice.context.json(name: choice.name ?? "(environment)", isCurrent: isCurrent)
      try Output(console: console, format: options.output).show(json) {
        var rows = KeyValueTable(console.palette())
        rows.add("context", choice.name ?? "from the environment")
        rows.add("url", choice.context.url)
        rows.add("operator", choice.context.operatorName)
        rows.add("token", "not shown")
        rows.add("ca_file", choice.context.caFile)
        rows.add("tls_first", choice.context.tlsFirst.map { "\($0)" })
        rows.add("server_names", choice.context.serverNames?.joined(separator: ", "))
        rows.add("discover", choice.context.discover.map { "\($0)" })
        return rows.lines
      }
      return .done
    }
  }

  /// `plsctl context remove`
  struct Remove: ConsoleCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Remove a context.",
      discussion: """
        EXAMPLES
          plsctl context remove old
        """)

    @Argument(help: "The name of the context.", completion: ContextCompletion.completion) var name: String

    func execute(on console: Console) async throws -> ExitStatus {
      var (store, file) = try ContextStore.read(on: console)
      _ = try file.context(name)
      file.contexts[name] = nil
      let wasCurrent = file.isCurrent(name)
      if wasCurrent { file.current = nil }
      try store.save(file)
      console.print("\(name) is removed" + (wasCurrent ? "; select another one with plsctl context use" : ""))
      return .done
    }
  }
}
