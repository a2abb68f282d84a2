@preconcurrency internal import Glibc

/// The environment of this process. Read it before other threads may change it.
enum ProcessEnvironment {
  /// The variables by name. The first of a repeated name counts, as in getenv(3).
  ///
  /// Entries without `=`, and names that are not ASCII, are ignored: a dictionary would take a canonically equivalent name
  /// for that of another variable.
  static func current() -> [String: String] {
    var variables: [String: String] = [:]
    guard var next = Optional(environ) else { return variables }
    while let entry = next.pointee {
      next += 1
      let text = String(cString: entry)
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(text[..<equals])
      guard name.utf8.allSatisfy({ $0 < 0x80 }) else { continue }
      if variables[name] == nil { variables[name] = String(text[text.utf8.index(after: equals)...]) }
    }
    return variables
  }
}
