import Glibc

/// A POSIX extended regular expression (regex(7)) that has to match a whole argument.
struct ArgumentPattern: Sendable, Equatable {
  /// The configured expression.
  let expression: String

  /// Creates a pattern, or returns nil when the expression does not compile.
  init?(_ expression: String) {
    self.expression = expression
    guard !expression.utf8.contains(0), let compiled = Compiled(expression) else { return nil }
    withExtendedLifetime(compiled) {}
  }

  /// Whether the expression matches the whole of `argument`.
  func matches(_ argument: String) -> Bool {
    // regexec(3) stops at the first NUL; the bytes after it would not be checked.
    guard !argument.utf8.contains(0) else { return false }
    return Compiled(expression)?.matches(argument) ?? false
  }
}

/// A compiled expression for one use: a `regex_t` must not be shared between threads, and compiling takes microseconds.
private final class Compiled {
  private var regex = regex_t()

  init?(_ expression: String) {
    // Without REG_NEWLINE, ^ and $ match only at the ends of the argument.
    guard regcomp(&regex, "^(\(expression))$", REG_EXTENDED) == 0 else { return nil }
  }

  deinit {
    regfree(&regex)
  }

  func matches(_ text: String) -> Bool {
    // An expression that closes the group itself, such as `a)|(b`, escapes the anchors. So the extent of the match is checked.
    var match = regmatch_t()
    guard regexec(&regex, text, 1, &match, 0) == 0 else { return false }
    return match.rm_so == 0 && Int(match.rm_eo) == text.utf8.count
  }
}
