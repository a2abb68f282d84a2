import Glibc

/// The environment of this process.
public enum ProgramEnvironment {
  /// The variables with an ASCII name; the first one of several with the same name. Other names are left out: a
  /// dictionary of strings would confuse them with ASCII ones (U+212A KELVIN SIGN equals "K").
  public static func current() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let bytes = String(cString: text).utf8
      let parts = bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(decoding: parts[0], as: UTF8.self)
      if parts.count == 2, parts[0].allSatisfy({ $0 < 0x80 }), variables[name] == nil {
        variables[name] = String(decoding: parts[1], as: UTF8.self)
      }
      entry += 1
    }
    return variables
  }
}
