import Encoding

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

  /// The context whose name consists of exactly these bytes.
  subscript(name: String) -> ConsoleContext? {
    guard let index = contexts.index(forKey: name), contexts.keys[index].hasSameBytes(as: name) else {
      return nil
    }
    return contexts[index].value
  }

  /// Whether the current context has exactly this name.
  func isCurrent(_ name: String) -> Bool { current?.hasSameBytes(as: name) ?? false }

  /// Adds a context, or replaces the one with exactly this name.
  ///
  /// - Throws: `configuration` if another name is canonically equivalent: YAML mappings cannot hold both.
  mutating func set(_ context: ConsoleContext, named name: String) throws(ConsoleError) {
    guard contexts[name] == nil || self[name] != nil else {
      throw ConsoleError(
        .configuration,
        "the contexts file has a name that differs from \(name) in its Unicode encoding only: rename it there"
      )
    }
    contexts[name] = context
  }

  /// Returns the context of a name.
  ///
  /// - Throws: `configuration` if it does not exist.
  func context(_ name: String) throws(ConsoleError) -> ConsoleContext {
    if let context = self[name] { return context }
    let known = contexts.keys.sorted().joined(separator: ", ")
    throw ConsoleError(
      .configuration,
      known.isEmpty
        ? "there is no context \(name), and no other: add it with plsctl context add \(name)"
        : "there is no context \(name); there are: \(known)")
  }
}
