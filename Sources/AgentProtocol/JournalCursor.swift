/// The cursor of a journal entry (sd_journal_get_cursor(3)), a parameter and a result of `logs.tail`.
public enum JournalCursor {
  /// The greatest length in bytes. The cursors of journald have about 150.
  public static let maximumLength = 512

  /// Whether a text can be a cursor: `[A-Za-z0-9=;-]`, and at most ``maximumLength`` bytes.
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
