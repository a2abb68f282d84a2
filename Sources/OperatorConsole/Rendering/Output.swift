import JSON

/// Shows results in the form that was asked for.
struct Output: Sendable {
  /// Where.
  let console: Console
  /// How.
  let format: OutputFormat

  /// Shows a result: as it came, or as the lines that `table` makes of it.
  ///
  /// - Throws: what `table` throws.
  func show(_ result: JSONValue, table: () throws -> [String]) throws {
    switch format {
    case .json: console.print(PrettyJSON.text(of: result))
    case .yaml: console.print(try YAMLText.text(of: result))
    case .table: for line in try table() { console.print(line) }
    }
  }

  /// Shows one of many results that come one after another: a line of JSON, a YAML document, or lines.
  ///
  /// - Throws: what `table` throws.
  func showNext(_ result: JSONValue, table: () throws -> [String]) throws {
    switch format {
    case .json: console.print(PrettyJSON.line(of: result))
    case .yaml: console.print("---\n" + (try YAMLText.text(of: result)))
    case .table: for line in try table() { console.print(line) }
    }
  }

  /// The lines of a table for the terminal.
  func lines(of table: Table) -> [String] {
    table.lines(width: console.terminal(.output)?.columns, palette: console.palette())
  }
}
