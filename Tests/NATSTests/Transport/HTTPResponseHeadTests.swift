import NIOCore
import Testing

@testable import NATS

@Suite("HTTP response heads")
struct HTTPResponseHeadTests {
  private let answer = "HTTP/1.1 200 Connection established\r\nVia: a\r\nvia:  b, C \r\n\r\nINFO {}\r\n"

  @Test func anySplit() throws {
    let bytes = ByteBuffer(string: answer)
    for first in 0...bytes.readableBytes {
      for second in stride(from: first, through: bytes.readableBytes, by: 7) {
        var parser = HTTPResponseHeadParser()
        var result: (head: HTTPResponseHead, rest: ByteBuffer)?
        var rest = ByteBuffer()
        for range in [0..<first, first..<second, second..<bytes.readableBytes] {
          let piece = try #require(bytes.getSlice(at: range.lowerBound, length: range.count))
          if result != nil {
            rest.writeImmutableBuffer(piece)
          } else {
            result = try parser.take(piece)
            if let result { rest.writeImmutableBuffer(result.rest) }
          }
        }
        let head = try #require(result?.head)
        #expect(head.status == 200)
        #expect(head.reason == "Connection established")
        #expect(head.values("Via") == ["a", "b, C"])
        #expect(head.has(token: "c", in: "VIA"))
        #expect(!head.has(token: "d", in: "Via"))
        #expect(String(buffer: rest) == "INFO {}\r\n")
      }
    }
  }

  @Test(arguments: [
    "INFO {}\r\n", "HTTQ", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200\r\n: x\r\n\r\n",
  ])
  func malformed(text: String) {
    var parser = HTTPResponseHeadParser()
    #expect(throws: HTTPResponseHeadParser.Failure.malformed) { try parser.take(ByteBuffer(string: text)) }
  }

  @Test func tooLarge() throws {
    var parser = HTTPResponseHeadParser()
    #expect(try parser.take(ByteBuffer(string: "HTTP/1.1 200 OK\r\nX: ")) == nil)
    #expect(throws: HTTPResponseHeadParser.Failure.tooLarge) {
      for _ in 0..<20 { _ = try parser.take(ByteBuffer(repeating: 0x61, count: 1000)) }
    }
    var other = HTTPResponseHeadParser()
    let text = "HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n"
    #expect(throws: HTTPResponseHeadParser.Failure.tooLarge) { try other.take(ByteBuffer(string: text)) }
  }

  @Test func reasonIsPrintable() throws {
    let head = try #require(
      HTTPResponseHead(block: "HTTP/1.1 500 \u{1B}[31mred\u{7}" + String(repeating: "x", count: 99)))
    #expect(head.reason.hasPrefix("[31mredx"))
    #expect(head.reason.utf8.count == 80)
  }
}
