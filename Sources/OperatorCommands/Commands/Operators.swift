import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl operators …`
struct Operators: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operators", abstract: "List, add and remove operators.",
    discussion: """
      EXAMPLES
        plsctl operators add alice --role operator
        plsctl operators list
      """,
    subcommands: [Add.self, List.self, Remove.self])
}

extension Operators {
  /// `plsctl operators add`
  struct Add: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Add an operator and issue its token, or replace the token of an existing one.",
      discussion: """
        The token is only shown once. Replacing a token revokes the old one and closes its connections: plsctl asks first, and
        requires --replace if there is no terminal to ask on.

        EXAMPLES
          plsctl operators add alice --role viewer
          plsctl operators add alice --replace
          plsctl operators add ci --role operator -o json | jq -r .token
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var trust: TrustOptions
    @Argument(help: "1 to 32 lower case letters, digits, - and _, starting with a letter.") var name: String
    @Option(
      help:
        "viewer: read only; operator: also commands; admin: everything. (default for an existing operator: its role)"
    )
    var role: OperatorRole?
    @Flag(help: "Replace the token of an existing operator without asking.") var replace = false

    func validate() throws {
      guard OperatorName.isValid(name) else {
        throw ValidationError(
          "\(name.debugDescription) is not an operator name: 1 to 32 lower case letters, digits, - and _, starting with a letter"
        )
      }
    }

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let authority = try trust.authority(of: session.context)
      let result = try await add(session)
      try session.output.show(result) {
        IssuedTokenText.operator(
          try PlatformClient.decode(Requests.IssuedToken.self, from: result, of: .operatorsAdd), role: role,
          session.context, authority, palette: session.console.palette())
      }
      return .done
    }

    /// Adds the operator. The platform decides whether it exists, so that an operator added concurrently is not replaced.
    private func add(_ session: ConsoleSession) async throws -> JSONValue {
      do throws(PlatformFailure) {
        return try await session.client.sendRetryingOnce(
          .operatorsAdd, Requests.Operator(name: name, role: role, replace: replace))
      } catch {
        guard !replace, case .refused(let refusal) = error, refusal.code == .conflict else {
          throw error.consoleError(operatorName: session.context.operatorName, method: .operatorsAdd)
        }
        guard session.console.canAsk else {
          throw ConsoleError(.usage, refusal.message + "; use --replace to replace it")
        }
        session.console.report(refusal.message)
      }
      try session.confirm("replace the token of operator \(name)", isAgreed: false)
      return try await session.client.call(
        .operatorsAdd, Requests.Operator(name: name, role: role, replace: true))
    }
  }

  /// `plsctl operators list`
  struct List: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the operators.",
      discussion: """
        EXAMPLES
          plsctl operators list
        """,
      aliases: ["ls"])

    @OptionGroup var options: ConsoleOptions

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      try await session.showCall(.operatorsList, NoParameters(), as: [Requests.Operator].self) { operators in
        var table = Table([.init("OPERATOR"), .init("ROLE")])
        for person in operators { table.add(.init(person.name), .init(person.role?.rawValue)) }
        return session.output.lines(of: table)
      }
      return .done
    }
  }

  /// `plsctl operators remove`
  struct Remove: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Remove an operator, revoke its token and close its connections.",
      discussion: """
        EXAMPLES
          plsctl operators remove alice --yes
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: "The operator's name.") var name: String
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      try session.confirm("remove operator \(name)", isAgreed: yes)
      let result = try await session.client.call(.operatorsRemove, Requests.Operator(name: name))
      try session.output.show(result) { ["operator \(TerminalText.line(name)) is removed"] }
      return .done
    }
  }
}
