import ArgumentParser

/// A word that a shell may be offered as a completion: 1 to 253 characters of `[A-Za-z0-9._-]`, the first of which is no hyphen.
///
/// The generated bash script hands the words to `compgen -W`, which expands them as the shell would expand source text; zsh and fish
/// take a colon and a tab as the beginning of a description. So no text that an agent or a file supplies may reach them but in this form.
struct CompletionWord: Sendable, Hashable {
  /// The word.
  let text: String

  /// Nil for any other text.
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
  /// Completion by words found when they are asked for: the only way to offer words that are not constants of the source.
  ///
  /// - Parameter find: the words, given the whole command line; those with the typed prefix are offered.
  static func words(
    _ find: @escaping @Sendable (_ commandLine: [String]) async -> [CompletionWord]
  ) -> CompletionKind {
    .custom { commandLine, _, prefix in
      await find(commandLine).map(\.text).filter { $0.hasPrefix(prefix) }
    }
  }
}
