import Glibc

/// A POSIX extended regular expression (regex(7)) that an argument has to match from its first to its last byte.
struct ArgumentPattern: Sendable, Equatable {
  /// The expression as configured.
  let expression: String

  /// A pattern, or nil when the expression does not compile.
  init?(_ expression: String) {
    self.expression = expression
    guard !expression.utf8.contains(0), let compiled = Compiled(expression) else { return nil }
    withExtendedLifetime(compiled) {}
  }

  /// Whether all of `argument` matches. An expression that does not compile matches nothing.
  func matches(_ argument: String) -> Bool {
    // regexec ends at the first NUL, so the rest would go unchecked.
    guard !argument.utf8.contains(0) else { return false }
    return Compiled(expression)?.matches(argument) ?? false
  }
}

/// Compiled for one use: a `regex_t` may not be shared between threads, and compiling takes microseconds.
private final class Compiled {
  private var regex = regex_t()

  init?(_ expression: String) {
    // Without REG_NEWLINE the anchors hold for the whole argument only.
    guard regcomp(&regex, "^(\(expression))$", REG_EXTENDED) == 0 else { return nil }
  }

  deinit {
    regfree(&regex)
  }

  func matches(_ text: String) -> Bool {
    // The anchors do not bind an expression that closes the group itself, as `a)|(b`: so the match is measured, too.
    var match = regmatch_t()
    guard regexec(&regex, text, 1, &match, 0) == 0 else { return false }
    return match.rm_so == 0 && Int(match.rm_eo) == text.utf8.count
  }
}
