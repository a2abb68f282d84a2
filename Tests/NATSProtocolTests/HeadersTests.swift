import NATSProtocol
import Testing

@Suite struct HeadersTests {
  @Test func caseOrderAndDuplicatesAreKept() throws {
    let headers = try NATSHeaders([("A", "1"), ("a", "2"), ("A", " 3 "), ("Empty", "")])
    let bytes = HeaderCodec.encode(headers)
    #expect(String(decoding: bytes, as: UTF8.self) == "NATS/1.0\r\nA: 1\r\na: 2\r\nA:  3 \r\nEmpty: \r\n\r\n")
    #expect(bytes.count == HeaderCodec.encodedLength(headers))
    let decoded = bytes.withUnsafeBytes { HeaderCodec.decode($0) }
    #expect(decoded.values("A") == ["1", "3"])
    #expect(decoded["a"] == "2")
    #expect(decoded["Empty"] == "")
    #expect(decoded["b"] == nil)
  }

  @Test(arguments: ["", "a b", "a:b", "a\r\nb", "é", "a\u{0}"])
  func invalidNamesThrow(name: String) {
    #expect(throws: NATSError.self) { try NATSHeaders([(name, "x")]) }
  }

  @Test(arguments: ["a\r\nb", "\n", "\r"])
  func invalidValuesThrow(value: String) {
    #expect(throws: NATSError.self) { try NATSHeaders([("A", value)]) }
  }

  @Test func setReplacesAllValues() throws {
    var headers = try NATSHeaders([("A", "1"), ("B", "2"), ("A", "3")])
    try headers.set("A", "4")
    #expect(headers.fields.map(\.name) == ["B", "A"])
    #expect(headers.values("A") == ["4"])
  }

  @Test(
    arguments: [
      ("NATS/1.0 503\r\n\r\n", "503"), ("NATS/1.0 100 Idle Heartbeat\r\n\r\n", "100 Idle Heartbeat"),
      ("NATS/1.0    404   No Messages  \r\nA: b\r\n\r\n", "404 No Messages"), ("NATS/1.0\r\n\r\n", nil),
      ("NATS/1.0 x\r\n\r\n", nil), ("NATS/1.0 50\r\n\r\n", nil), ("", nil),
    ] as [(String, String?)])
  func parsesStatus(text: String, expected: String?) {
    let status = Array(text.utf8).withUnsafeBytes { HeaderCodec.status(of: $0) }
    #expect(status?.description == expected)
  }

  @Test func invalidLinesAreSkipped() {
    let text = "NATS/1.0\r\nno colon\r\n: no name\r\nA:b\r\n\r\n"
    let decoded = Array(text.utf8).withUnsafeBytes { HeaderCodec.decode($0) }
    #expect(decoded.fields.map(\.name) == ["A"])
    #expect(decoded["A"] == "b")
  }

  /// Other names of the sender must not be taken for a header, although Swift's `==` regards them as equal.
  @Test(arguments: [("Caf\u{e9}", "Cafe\u{301}"), ("K", "\u{212A}")])
  func namesCompareAsBytes(name: String, equivalent: String) {
    let headers = NATSHeaders(wire: Array("NATS/1.0\r\n\(equivalent): 1\r\n\(name): 2\r\n\r\n".utf8))
    #expect(headers[name] == "2")
    #expect(headers.values(equivalent) == ["1"])
  }
}
