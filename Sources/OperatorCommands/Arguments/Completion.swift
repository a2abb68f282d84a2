import ArgumentParser

/// A word that is safe to offer as a shell completion: 1 to 253 characters of `[A-Za-z0-9._-]` that do not start with a hyphen.
///
/// The generated bash script passes the words to `compgen -W`, which performs shell expansion on them; zsh and fish treat a colon
/// or a tab as the start of a description. Text from agents and files must therefore be validated before it is offered.
struct CompletionWord: Sendable, Hashable {
  let text: String

  /// Validates a text. Returns nil if it is not safe.
  init?(_ text: String) {
    guard (1...253).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "-"),
      text.utf8.allSatisfy(Self.isAllowed)
    else { return nil }
    self.text = text
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}

extension CompletionKind {
  /// Completion with words that are determined at run time. Only words with the typed prefix are offered.
  ///
  /// - Parameter find: Returns the candidates for a command line.
  static func words(
    _ find: @escaping @Sendable (_ commandLine: [String]) async -> [CompletionWord]
  ) -> CompletionKind {
    .custom { commandLine, _, prefix in
      await find(commandLine).map(\.text).filter { $0.hasPrefix(prefix) }
    }
  }
}

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
