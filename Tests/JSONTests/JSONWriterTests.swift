import JSON
import Testing

@Suite struct JSONWriterTests {
  static let cases: [(JSONValue, String)] = [
    (.null, "null"), (true, "true"), (-5, "-5"), (.integer(.min), "-9223372036854775808"),
    (.unsigned(.max), "18446744073709551615"), (12.5, "12.5"), (12.0, "12"), (.number(-0.0), "0"),
    (.number(.nan), "0"), (.number(.infinity), "0"),
    ("a\"\\\n\r\t\u{1}\u{7F}é😀", #""a\"\\\n\r\t\u0001\u007fé😀""#),
    ([], "[]"), ([1, "a"], #"[1,"a"]"#), ([:], "{}"), (["a": 1, "b": [:]], #"{"a":1,"b":{}}"#),
  ]

  @Test(arguments: cases)
  func writesValidJSON(value: JSONValue, expected: String) {
    #expect(String(decoding: JSONWriter.encode(value), as: UTF8.self) == expected)
  }

  @Test(arguments: ["", "plain", "\0\u{1F}\"\\\n", "é😀\u{7F}"])
  func encodedSizeIsThatOfTheWriter(text: String) {
    #expect(JSONWriter.encodedSize(of: text.utf8) == JSONWriter.encode(.string(text)).count)
  }
}
