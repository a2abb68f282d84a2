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
  func captureKeepsHeadAndTail(chunk: Int, limit: Int) {
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
  func truncationCutsNoCharacter(limit: Int) {
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

  /// Only a character that the truncation has cut in two is left out, not invalid bytes of the output.
  @Test func invalidBytesAroundTheTruncationAreKept() {
    let output = CapturedOutput(
      bytes: [0x61, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x62], headCount: 5, totalBytes: 99)
    #expect(output.text == "a" + String(repeating: "\u{FFFD}", count: 5) + "b")
  }

  private func write(_ count: Int, to capture: inout OutputCapture, of byte: UInt8 = 0x61) {
    for start in stride(from: 0, to: count, by: 4_096) {
      let bytes = [UInt8](repeating: byte, count: min(4_096, count - start))
      bytes.withUnsafeBytes { capture.append($0) }
    }
  }

  @Test func budgetBoundsTheSumOfAllRuns() {
    let budget = OutputBudget(bytes: 100_000)
    let accounts = (0..<10).map { _ in budget.account() }
    var captures = accounts.map { OutputCapture(limit: 50_000, account: $0) }
    for index in captures.indices { write(200_000, to: &captures[index]) }
    let kept = captures.map { $0.output.bytes.count }
    #expect(kept.reduce(0, +) <= 100_000 + 10 * OutputBudget.guaranteedBytes)
    #expect(kept.prefix(2) == [50_000, 50_000], "the first runs reach their limit")
    #expect(kept.allSatisfy { $0 >= OutputBudget.guaranteedBytes })
    #expect(captures.allSatisfy { $0.output.isTruncated && $0.totalBytes == 200_000 })
    for account in accounts { account.close() }
    #expect(budget.availableBytes == 100_000)
    #expect(accounts[0].take(5) == 0, "closed")
  }

  @Test func exhaustedBudgetKeepsHeadAndTail() {
    let budget = OutputBudget(bytes: 0)
    var capture = OutputCapture(limit: 1 << 20, account: budget.account())
    write(100_000, to: &capture, of: 0x61)
    write(100_000, to: &capture, of: 0x7A)
    let output = capture.output
    #expect(output.bytes.count == OutputBudget.guaranteedBytes)
    #expect(output.bytes[..<output.headCount].allSatisfy { $0 == 0x61 })
    #expect(output.bytes[output.headCount...].allSatisfy { $0 == 0x7A })
    #expect(output.headCount == OutputBudget.guaranteedBytes / 2)
  }

  @Test func deinitialisedAccountsReturnTheirBytes() {
    let budget = OutputBudget(bytes: 10)
    do {
      let account = budget.account()
      #expect(account.take(7) == 7)
      #expect(account.take(7) == 3)
      #expect(budget.availableBytes == 0)
    }
    #expect(budget.availableBytes == 10)
  }
}
