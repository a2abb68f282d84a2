import AgentProtocol
import Testing

@testable import AgentCore

struct ProgressBufferTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func smallWritesAreCoalescedAndNumberedAcrossStreams() {
    var buffer = ProgressBuffer(commandID: "c")
    #expect(buffer.append(bytes("a"), to: .stderr).isEmpty)
    #expect(buffer.append(bytes("b"), to: .stdout).isEmpty)
    #expect(buffer.append(bytes("c"), to: .stderr).isEmpty)
    #expect(
      buffer.flush() == [
        ProgressPayload(commandID: "c", sequence: 1, stream: .stdout, data: "b"),
        ProgressPayload(commandID: "c", sequence: 2, stream: .stderr, data: "ac"),
      ])
    #expect(buffer.flush().isEmpty)
    #expect(buffer.append(bytes("d"), to: .stdout).isEmpty)
    #expect(buffer.end().map(\.sequence) == [3])
  }

  @Test func fullMessageIsReturnedImmediately() {
    var buffer = ProgressBuffer(commandID: "c", messageSize: 4)
    #expect(buffer.append(bytes("abcdefghij"), to: .stdout).map(\.data) == ["abcd", "efgh"])
    #expect(buffer.flush().map(\.data) == ["ij"])
  }

  /// With every split of the input and every message size, the output is complete and no character is split.
  @Test(arguments: 1...9, 4...9)
  func charactersAreNotSplit(step: Int, messageSize: Int) {
    let text = "aé€😀b😀€éa"
    var buffer = ProgressBuffer(commandID: "c", messageSize: messageSize)
    var received = ""
    var rest = bytes(text)[...]
    while !rest.isEmpty {
      for message in buffer.append(Array(rest.prefix(step)), to: .stdout) + buffer.flush() {
        #expect(!message.data.isEmpty)
        received += message.data
      }
      rest = rest.dropFirst(step)
    }
    received += buffer.end().map(\.data).joined()
    #expect(received == text)
  }

  @Test func invalidUTF8IsReplaced() {
    var buffer = ProgressBuffer(commandID: "c")
    _ = buffer.append([0x61, 0xFF, 0x62, 0xE2, 0x82], to: .stdout)
    #expect(buffer.flush().map(\.data) == ["a\u{FFFD}b"])
    #expect(buffer.end().map(\.data) == ["\u{FFFD}"])
  }

  @Test func totalIsBoundedAndTheLimitIsReportedOnce() {
    var buffer = ProgressBuffer(commandID: "c", messageSize: 8, totalSize: 20)
    var messages: [ProgressPayload] = []
    for _ in 0..<100 { messages += buffer.append(bytes("0123456789"), to: .stdout) }
    messages += buffer.end()
    #expect(messages.dropLast().map(\.data).joined() == "01234567890123456789")
    #expect(
      messages.last?.data == "\n[the first 20 bytes were reported; the rest is only in the result]\n"
    )
    #expect(messages.map(\.sequence) == (1...UInt64(messages.count)).map { $0 })
  }
}
