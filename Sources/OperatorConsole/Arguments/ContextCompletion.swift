import ArgumentParser

/// Shell completion with the names of the contexts.
enum ContextCompletion {
  static let completion = CompletionKind.words { _ in
    do {
      let store = try ContextStore(environment: Console.system().environment)
      return (try store.load()?.file.contexts.keys.sorted() ?? []).compactMap(CompletionWord.init)
    } catch {
      // A failed completion offers nothing. The command itself reports the error.
      return []
    }
  }
}
