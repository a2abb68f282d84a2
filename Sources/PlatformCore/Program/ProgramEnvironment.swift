import Glibc

/// The environment of this process.
public enum ProgramEnvironment {
  /// All variables; the first one of several with the same name.
  public static func current() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      if parts.count == 2, variables[name] == nil { variables[name] = String(parts[1]) }
      entry += 1
    }
    return variables
  }
}
