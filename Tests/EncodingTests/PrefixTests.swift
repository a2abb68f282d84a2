import Encoding
import Testing

@Suite struct PrefixTests {
  @Test func prefixIsBoundedInBytesAndHoldsWholeScalars() {
    #expect("abc".prefix(bytes: 3) == "abc")
    #expect("abcd".prefix(bytes: 3) == "abc")
    #expect("ab\u{E9}".prefix(bytes: 3) == "ab")
    #expect("\u{1F600}x".prefix(bytes: 3) == "")
    #expect("abc".prefix(bytes: 0) == "")
    #expect(("a" + String(repeating: "\u{301}", count: 1000)).prefix(bytes: 64).utf8.count == 63)
  }
}
