/// Quotes words of command lines that are printed for copying.
enum ShellWord {
  /// The text as one word of a POSIX shell, in single quotes if necessary.
  static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "._-/:,@%+=".utf8.contains(byte)
        }
      }
    return isPlain ? text : "'" + text.unicodeScalars.map { $0 == "'" ? #"'\''"# : String($0) }.joined() + "'"
  }
}
