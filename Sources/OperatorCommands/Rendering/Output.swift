import ArgumentParser
import JSON

/// Prints results in the requested format.
struct Output: Sendable {
  let console: Console
  let format: OutputFormat

  /// Prints a result, as the lines of `table` or unchanged as JSON or YAML.
  ///
  /// - Throws: The errors of `table`.
  func show(_ result: JSONValue, table: () throws -> [String]) throws {
    switch format {
    case .json: console.print(PrettyJSON.text(of: result))
    case .yaml: console.print(try YAMLText.text(of: result))
    case .table: for line in try table() { console.print(line) }
    }
  }

  /// Prints one of a sequence of results: as a line of JSON, a YAML document, or the lines of `table`.
  ///
  /// - Throws: The errors of `table`.
  func showNext(_ result: JSONValue, table: () throws -> [String]) throws {
    switch format {
    case .json: console.print(PrettyJSON.line(of: result))
    case .yaml: console.print("---\n" + (try YAMLText.text(of: result)))
    case .table: for line in try table() { console.print(line) }
    }
  }

  /// The lines of a table at the width of the terminal.
  func lines(of table: Table) -> [String] {
    table.lines(width: console.terminal(.output)?.columns, palette: console.palette())
  }
}

/// The format of results.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// Text for people.
  case table
  /// The platform's answer as JSON.
  case json
  /// The platform's answer as YAML.
  case yaml
}
