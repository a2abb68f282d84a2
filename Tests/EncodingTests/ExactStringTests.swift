import Encoding
import Testing

@Suite struct ExactStringTests {
  /// Pairs that are equal as `String`.
  static let equivalents = [
    ("/usr/bin/caf\u{E9}", "/usr/bin/cafe\u{301}"),
    ("/usr/bin/K", "/usr/bin/\u{212A}"),
    ("\u{37E}", ";"),
  ]

  @Test(arguments: equivalents)
  func canonicalEquivalentsDiffer(_ left: String, _ right: String) {
    #expect(left == right)
    #expect(ExactString(left) != ExactString(right))
    #expect(!left.hasSameBytes(as: right))
    #expect(![left].containsExactly(right))
    #expect(Set([ExactString(left), ExactString(right)]).count == 2)
    #expect((ExactString(left) < ExactString(right)) != (ExactString(right) < ExactString(left)))
  }

  @Test func stringsAndSubstringsOfTheSameBytesAreEqual() {
    let slice = "exec /usr/bin/df".dropFirst(5)
    #expect(ExactString(slice) == "/usr/bin/df")
    #expect(slice.hasSameBytes(as: "/usr/bin/df"))
    #expect([ExactString(slice): 1]["/usr/bin/df"] == 1)
  }

  @Test func orderIsThatOfTheBytes() {
    let names: [ExactString] = ["b", "\u{E9}", "a", "e\u{301}"]
    #expect(names.sorted() == ["a", "b", "e\u{301}", "\u{E9}"])
  }
}
