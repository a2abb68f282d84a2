import ArgumentParser
import JSON
import PlatformAPI

extension Agents {
  /// `plsctl agents enroll`
  struct Enroll: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "enroll", abstract: "Enroll an agent and issue its token.",
      discussion: """
        The token is only shown once, in an agent.yaml to paste. If the context has a private authority, the agent also needs
        its certificates: --with-ca prints them. A uuid that is already enrolled is a conflict (exit code 4); a revoked one is
        enrolled again.

        EXAMPLES
          plsctl agents enroll --label env=prod --label tier=web
          plsctl agents enroll --uuid 0b5e3a52-6d1c-4a7e-9a55-2f0a3f1c9b11 --token-file ./token
          plsctl agents enroll --with-ca
          plsctl agents enroll -o json | jq -r .token
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var file: AgentFileOptions
    @Option(help: "The agent's uuid. (default: a new one)") var uuid: String?
    @Option(help: "A label, such as env=prod; can be repeated.") var label: [String] = []
    @Option(
      help: "A file with the token, - for standard input. (default: a new token)",
      completion: .file())
    var tokenFile: String?

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let labels = try LabelArguments.parse(label)
      guard labels.remove.isEmpty else { throw ConsoleError(.usage, "a new agent has no labels to remove") }
      let token = try tokenFile.map { (file) throws(ConsoleError) in
        try SecretFile.read(file, on: session.console)
      }
      let request = Requests.Enroll(uuid: uuid, token: token, labels: labels.set.isEmpty ? nil : labels.set)
      let connection = try IssuedTokenText.Connection(session.context, file)
      try await session.showCall(.agentsEnroll, request, as: Requests.IssuedToken.self) { issued in
        IssuedTokenText.agent(issued, connection, palette: session.console.palette())
      }
      return .done
    }
  }

  /// `plsctl agents rotate`
  struct Rotate: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "rotate",
      abstract: "Issue a new token for an agent; the old one stays valid for a grace period.",
      discussion: """
        The new token is only shown once, in an agent.yaml to paste.

        EXAMPLES
          plsctl agents rotate web-1
          plsctl agents rotate web-1 --grace 10m -o json | jq -r .token
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var file: AgentFileOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Option(
      help: ArgumentHelp(
        "How long the old token stays valid; 0s revokes it now. (default: 24h)",
        valueName: DurationArgument.valueName))
    var grace: String?
    @Option(
      help: "A file with the new token, - for standard input. (default: a generated token)",
      completion: .file())
    var tokenFile: String?

    func validate() throws {
      guard let grace, DurationArgument.orZero(grace) == nil else { return }
      throw ValidationError("--grace \(grace) is not a duration: write 0s, 10m, 24h")
    }

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let token = try tokenFile.map { (file) throws(ConsoleError) in
        try SecretFile.read(file, on: session.console)
      }
      let seconds = grace.map { DurationArgument.orZero($0)?.seconds ?? 0 }
      let target = try await session.resolve(agent, hostname: .always, isReported: false)
      let connection = try IssuedTokenText.Connection(session.context, file)
      let request = Requests.Rotate(agent: target.uuid, graceS: seconds, token: token)
      try await session.showCall(.agentsRotate, request, as: Requests.IssuedToken.self) { issued in
        var lines = IssuedTokenText.agent(
          issued, hostname: target.hostname, connection, palette: session.console.palette())
        if let until = issued.until {
          lines.append("\nThe old token is valid until \(NumberFormat.time(until)).")
        }
        return lines
      }
      return .done
    }
  }

  /// `plsctl agents revoke`
  struct Revoke: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke", abstract: "Revoke an agent's tokens and close its connection.",
      discussion: """
        EXAMPLES
          plsctl agents revoke web-1 --reason 'machine sold'
          plsctl agents revoke 0b5e3a52 --yes
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Option(help: "The reason, for the audit record.") var reason: String?
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let target = try await session.resolve(agent, hostname: .always, isReported: false)
      try session.confirm("revoke agent \(target)", isAgreed: yes)
      let result = try await session.client.call(
        .agentsRevoke, Requests.Revoke(agent: target.uuid, reason: reason))
      try session.output.show(result) {
        [TerminalText.line("agent \(target) is revoked; its connection is closed")]
      }
      return .done
    }
  }
}
