import Testing

@testable import HostMetrics

@Suite struct ByteScannerTests {
  /// Lines of all lengths up to three words of the search for a separator, at all offsets.
  @Test func linesOfEveryLengthAreFound() {
    for first in 0...24 {
      for second in 0...24 {
        let lines = [String(repeating: "a", count: first), String(repeating: "\u{b}", count: second), "end"]
        scanning(lines.joined(separator: "\n")) { content in
          for line in lines {
            let found = content.line().map { String(decoding: $0.rest, as: UTF8.self) }
            #expect(found == line)
          }
          #expect(content.isAtEnd)
        }
      }
    }
  }

  @Test func bytesNextToTheSeparatorAreNotMistakenForIt() {
    let bytes = (UInt8.min...UInt8.max).filter { $0 != 0x0a } + [0x0a, 0x01]
    bytes.withUnsafeBytes { bytes in
      var scanner = ByteScanner(bytes)
      let first = scanner.line()
      let second = scanner.line()
      #expect(first?.rest.count == 255)
      #expect(second?.rest.elementsEqual([0x01]) == true)
    }
  }

  @Test func numbersEndAtTheLargestNumber() {
    scanning("9223372036854775807 9223372036854775808 99999999999999999999 7x") { text in
      let numbers = [text.number(), text.number(), text.number(), text.number(), text.number()]
      #expect(numbers == [largestNumber, largestNumber, largestNumber, 7, nil])
    }
  }

  @Test func prefixLongerThanTheTextIsNotTaken() {
    scanning("cp") { text in
      let taken = [text.take("cpu"), text.take("cp"), text.take("c"), text.take("")]
      #expect(taken == [false, true, false, true])
      #expect(text.isAtEnd)
    }
  }
}
