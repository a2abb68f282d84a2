/// What stands in `contexts.yaml`.
struct ContextsFile: Sendable, Hashable, Codable {
  /// The one that is used when none is named.
  var current: String?
  /// By name.
  var contexts: [String: ConsoleContext]

  /// A file.
  init(current: String? = nil, contexts: [String: ConsoleContext] = [:]) {
    self.current = current
    self.contexts = contexts
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    current = try container.decodeIfPresent(String.self, forKey: .current)
    contexts = try container.decodeIfPresent([String: ConsoleContext].self, forKey: .contexts) ?? [:]
  }

  /// The context of a name.
  ///
  /// - Throws: configuration.
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
