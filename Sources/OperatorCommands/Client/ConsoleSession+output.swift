import JSON
import PlatformAPI

extension ConsoleSession {
  /// Prints results in the requested format.
  var output: Output { Output(console: console, format: options.output) }

  /// Calls a method and prints the result, as the lines of `table` or unchanged as JSON or YAML.
  ///
  /// - Throws: The errors of ``PlatformClient/call(_:_:)``.
  func showCall<Value: Decodable & Sendable>(
    _ method: APIMethod, _ params: some Encodable & Sendable, as type: Value.Type,
    table: (Value) throws -> [String]
  ) async throws {
    let result = try await client.call(method, params)
    try output.show(result) { try table(PlatformClient.decode(type, from: result, of: method)) }
  }

  /// Asks for confirmation of an action that cannot be undone.
  ///
  /// - Throws: `usage` if there is no terminal to ask on; `interrupted` if the answer is no.
  func confirm(_ question: String, isAgreed: Bool) throws(ConsoleError) {
    try console.confirm(question, isAgreed: isAgreed)
  }
}

extension Console {
  /// Asks for confirmation of an action that cannot be undone.
  ///
  /// - Parameter option: The option that confirms in advance.
  /// - Throws: `usage` if there is no terminal to ask on; `interrupted` if the answer is no.
  func confirm(_ question: String, isAgreed: Bool, otherwise option: String = "--yes") throws(ConsoleError) {
    if isAgreed { return }
    guard canAsk else {
      throw ConsoleError(.usage, "\(question): there is no terminal to ask on; use \(option)")
    }
    let answer = ask(TerminalText.line(question) + "? [y/N] ", false) ?? ""
    guard ["y", "yes"].contains(answer.lowercased()) else {
      throw ConsoleError(.interrupted, "nothing was done")
    }
  }
}
