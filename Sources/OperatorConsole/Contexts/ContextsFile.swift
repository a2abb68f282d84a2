/// The contents of `contexts.yaml`.
struct ContextsFile: Sendable, Hashable, Codable {
  /// The name of the current context.
  var current: String?
  /// The contexts by name.
  var contexts: [String: ConsoleContext]

  /// Creates the contents.
  init(current: String? = nil, contexts: [String: ConsoleContext] = [:]) {
    self.current = current
    self.contexts = contexts
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    current = try container.decodeIfPresent(String.self, forKey: .current)
    contexts = try container.decodeIfPresent([String: ConsoleContext].self, forKey: .contexts) ?? [:]
  }

  /// Returns the context of a name.
  ///
  /// - Throws: `configuration` if it does not exist.
  func context(_ name: String) throws(ConsoleError) -> ConsoleContext {
    if let context = contexts[name] { return context }
    let known = contexts.keys.sorted().joined(separator: ", ")
    throw ConsoleError(
      .configuration,
      known.isEmpty
        ? "there is no context \(name), and no other: add it with plsctl context add \(name)"
        : "there is no context \(name); there are: \(known)")
  }
}
