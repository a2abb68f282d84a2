import ArgumentParser

/// The names of the contexts, for the shell that completes one.
enum ContextNames {
  static let completion = CompletionKind.custom { _, _, prefix in
    do {
      let store = try ContextStore(environment: Console.system().environment)
      return (try store.load()?.file.contexts.keys.sorted() ?? []).filter { $0.hasPrefix(prefix) }
    } catch {
      // A completion that fails offers nothing; the command itself tells why.
      return []
    }
  }
}
