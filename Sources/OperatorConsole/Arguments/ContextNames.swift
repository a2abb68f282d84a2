import ArgumentParser

/// The names of the contexts, for the shell that completes one.
enum ContextNames {
  static let completion = CompletionKind.words { _ in
    do {
      let store = try ContextStore(environment: Console.system().environment)
      return (try store.load()?.file.contexts.keys.sorted() ?? []).compactMap(CompletionWord.init)
    } catch {
      // A completion that fails offers nothing; the command itself reports why.
      return []
    }
  }
}
