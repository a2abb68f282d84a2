public import ArgumentParser
import Glibc
public import PlatformAPI
import PlatformCore

extension PlatformCommand {
  /// `operator`
  struct Operators: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "operator",
      abstract: "Adds, lists and removes operators with the platform's keys, for example the first operator.",
      subcommands: [Add.self, List.self, Remove.self])

    /// The actor in the audit record.
    private static let actor = "platform"

    struct Add: AsyncParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Adds an operator, or gives a known one a new token; prints the context for plsctl once.")

      @Argument(help: "The name: small letters, digits, - and _.")
      var name: String
      @Option(help: "viewer, operator or admin.")
      var role: OperatorRole?
      @Flag(help: "Give a known operator a new token, which ends the old one and its connections.")
      var replace = false
      @OptionGroup var options: ConfigurationOption

      func run() async throws {
        try await options.withRegistry { registry, configuration in
          let known = registry.operatorRecord(name)
          let isAgreed = replace || Self.agrees(toReplace: known)
          if let known, !isAgreed {
            var refusal = Registry.isKnown(known)
            refusal.message += "; --replace does it"
            throw refusal
          }
          let issued = try await registry.addOperator(name, role: role, replaces: isAgreed, by: actor)
          let context = ContextsFile.Context(
            platform: configuration, operatorName: name, token: issued.token)
          Output.line("# For ~/.config/plusclouds/contexts.yaml (0600). The token is not shown again.")
          if let file = context.caFile {
            Output.line("# ca_file: on another machine, the place of a copy of this file (\(file)).")
          }
          Output.line("current: \(name)\n" + context.yaml(named: name))
        }
      }

      /// Asks on a terminal whether to replace a known operator's token; false when there is no terminal.
      private static func agrees(toReplace known: OperatorRecord?) -> Bool {
        guard let known, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return false }
        let question =
          "there is an operator \(known.name) already (\(known.role.rawValue)): replace its token, which ends its connections? [y/N] "
        _ = write(STDERR_FILENO, question, question.utf8.count)
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
      }
    }

    struct List: AsyncParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Lists the operators: name and role.")

      @OptionGroup var options: ConfigurationOption

      func run() async throws {
        try await options.withRegistry { registry, _ in
          for each in registry.operators() { Output.line("\(each.name)\t\(each.role.rawValue)") }
        }
      }
    }

    struct Remove: AsyncParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Removes an operator; a running platform ends the operator's connections.")

      @Argument(help: "The name.")
      var name: String
      @OptionGroup var options: ConfigurationOption

      func run() async throws {
        try await options.withRegistry { registry, _ in
          _ = try await registry.removeOperator(name, by: actor)
          Output.line("removed \(name)")
        }
      }
    }
  }
}

extension ConfigurationOption {
  /// Connects with the platform's keys and runs `body` with the registry. Errors are printed and become exit codes.
  fileprivate func withRegistry(
    _ body: @escaping @Sendable (Registry, PlatformConfiguration) async throws -> Void
  ) async throws {
    do {
      let (configuration, logger) = try load()
      try await AdministrativeSession.run(configuration, logger: logger) { try await body($0, configuration) }
    } catch {
      throw Output.fail(error)
    }
  }
}

extension OperatorRole: ExpressibleByArgument {}
