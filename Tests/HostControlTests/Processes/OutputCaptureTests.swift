import Testing

@testable import HostControl

@Suite struct OutputCaptureTests {
  private func capture(_ text: String, limit: Int, chunk: Int) -> CapturedOutput {
    var capture = OutputCapture(limit: limit)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      bytes[start..<min(start + chunk, bytes.count)].withUnsafeBytes { capture.append($0) }
    }
    return capture.output
  }

  @Test(arguments: [1, 2, 3, 5, 7, 26, 100], [0, 1, 2, 3, 8, 9, 25, 26, 27, 1000])
  func keepsHeadAndTail(chunk: Int, limit: Int) {
    let text = "abcdefghijklmnopqrstuvwxyz"
    let output = capture(text, limit: limit, chunk: chunk)
    #expect(output.totalBytes == 26)
    #expect(output.isTruncated == (limit < 26))
    #expect(output.omittedBytes == UInt64(max(26 - limit, 0)))
    let head = text.prefix(limit - limit / 2)
    let expected = limit >= 26 ? text : String(head) + text.suffix(limit / 2)
    #expect(output.text == expected)
    #expect(output.headCount == (limit >= 26 ? 26 : head.utf8.count))
  }

  @Test func negativeLimitKeepsNothing() {
    let output = capture("abc", limit: -5, chunk: 2)
    #expect(output.bytes.isEmpty)
    #expect(output.totalBytes == 3)
  }

  @Test(arguments: 1...40)
  func cutDividesNoCharacter(limit: Int) {
    let text = String(repeating: "aß€😀", count: 20)
    let output = capture(text, limit: limit, chunk: 11)
    #expect(!output.text.unicodeScalars.contains("\u{FFFD}"))
    #expect(output.isTruncated)
    #expect(output.text.utf8.count > output.bytes.count - 7)
  }

  @Test func invalidBytesBecomeReplacements() {
    let output = CapturedOutput(bytes: [0x61, 0xFF, 0x62, 0x80], headCount: 4, totalBytes: 4)
    #expect(output.text == "a\u{FFFD}b\u{FFFD}")
  }

  /// Only a character that the cut divides is left out, not invalid bytes that were written so.
  @Test func cutInsideInvalidBytes() {
    let output = CapturedOutput(
      bytes: [0x61, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x62], headCount: 5, totalBytes: 99)
    #expect(output.text == "a" + String(repeating: "\u{FFFD}", count: 5) + "b")
  }
}
