import JSON
import PlatformAPI

extension ConsoleSession {
  /// Where results go.
  var output: Output { Output(console: console, format: options.output) }

  /// Asks, and shows the result: as it came, or as the lines that `table` makes of it.
  ///
  /// - Throws: as ``PlatformClient/call(_:_:)`` does.
  func showCall<Value: Decodable & Sendable>(
    _ method: APIMethod, _ params: some Encodable & Sendable, as type: Value.Type,
    table: (Value) throws -> [String]
  ) async throws {
    let result = try await client.call(method, params)
    try output.show(result) { try table(PlatformClient.decode(type, from: result, of: method)) }
  }

  /// Asks a yes or no question before something that cannot be undone.
  ///
  /// - Throws: usage, where nobody can be asked; interrupted, when the answer is no.
  func confirm(_ question: String, isAgreed: Bool) throws(ConsoleError) {
    try console.confirm(question, isAgreed: isAgreed)
  }
}

extension Console {
  /// Asks a yes or no question before something that cannot be undone.
  ///
  /// - Parameter option: The option that agrees beforehand.
  /// - Throws: usage, where there is no terminal to ask on; interrupted, when the answer is no.
  func confirm(_ question: String, isAgreed: Bool, otherwise option: String = "--yes") throws(ConsoleError) {
    if isAgreed { return }
    guard canAsk else {
      throw ConsoleError(.usage, "\(question): there is no terminal to ask on; say \(option)")
    }
    let answer = ask(TerminalText.line(question) + "? [y/N] ", false) ?? ""
    guard ["y", "yes"].contains(answer.lowercased()) else {
      throw ConsoleError(.interrupted, "nothing was done")
    }
  }
}
