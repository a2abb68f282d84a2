@preconcurrency internal import Glibc

/// The environment of this process. Read it before other threads may change it.
enum ProcessEnvironment {
  /// The variables by name. Entries without `=` are ignored. The first of a repeated name counts, as in getenv(3).
  static func current() -> [String: String] {
    var variables: [String: String] = [:]
    guard var next = Optional(environ) else { return variables }
    while let entry = next.pointee {
      next += 1
      let text = String(cString: entry)
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(text[..<equals])
      if variables[name] == nil { variables[name] = String(text[text.utf8.index(after: equals)...]) }
    }
    return variables
  }
}
