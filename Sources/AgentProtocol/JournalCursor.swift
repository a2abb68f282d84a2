/// The text by which journald names a place in its journal (sd_journal_get_cursor(3)), as `logs.tail` takes and returns it.
public enum JournalCursor {
  /// In bytes; journald's have about 150.
  public static let maximumLength = 512

  /// Whether a text may be one: `[A-Za-z0-9=;-]`, not too long.
  public static func isValid(_ text: String) -> Bool {
    text.utf8.count <= maximumLength
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "="), UInt8(ascii: ";"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
