import Testing

@testable import NATS

@Suite struct JSONValueTests {
  @Test(arguments: [
    ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)), ("-12", .integer(-12)),
    ("\"a\\u00e9\\n\\\\\\\"\\/\"", .string("aé\n\\\"/")), ("\"\\ud83d\\ude00\"", .string("😀")),
    ("[1,\"a\",[]]", .array([.integer(1), .string("a"), .array([])])),
    ("{\"a\":{\"b\":[]}, \"c\" : 1}", .object(["a": .object(["b": .array([])]), "c": .integer(1)])),
    ("{}", .object([:])), ("1.5", .integer(0)), ("99999999999999999999", .integer(0)),
  ])
  func reads(text: String, value: JSONValue) {
    #expect(parse(text) == value)
  }

  @Test(arguments: [
    "", "{", "}", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "tru",
    "nul",
    "1 2", "-", "\"\u{1}\"", "[1 2]", "{\"a\":1,}",
  ])
  func refuses(text: String) {
    #expect(parse(text) == nil)
  }

  @Test func depthHasALimit() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(parse(deep) == nil)
    let allowed = String(repeating: "[", count: 15) + String(repeating: "]", count: 15)
    #expect(parse(allowed) != nil)
  }

  @Test func infoHasDefaultsForWhatIsMissing() throws {
    let info = try #require(Array("{}".utf8).withUnsafeBytes { NATSServerInfo(json: $0) })
    #expect(info.maxPayload == 1 << 20)
    #expect(!info.headers)
    #expect(info.connectURLs.isEmpty)
    #expect(!info.lameDuckMode)
    #expect(info.nonce == nil)
  }

  private func parse(_ text: String) -> JSONValue? {
    Array(text.utf8).withUnsafeBytes { JSONValue($0) }
  }
}
