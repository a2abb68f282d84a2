import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl operators list`
struct OperatorsListCommand: PlatformCommand {
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
