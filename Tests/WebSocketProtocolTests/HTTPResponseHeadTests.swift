import Testing
import WebSocketProtocol

@Suite("HTTP response heads")
struct HTTPResponseHeadTests {
  private let answer = "HTTP/1.1 200 Connection established\r\nVia: a\r\nvia:  b, C \r\n\r\nINFO {}\r\n"

  @Test func anySplit() throws {
    let bytes = Array(answer.utf8)
    for first in 0...bytes.count {
      for second in stride(from: first, through: bytes.count, by: 7) {
        var parser = HTTPResponseHeadParser()
        var result: (head: HTTPResponseHead, rest: [UInt8])?
        var rest: [UInt8] = []
        for range in [0..<first, first..<second, second..<bytes.count] {
          let piece = bytes[range]
          if result != nil {
            rest += piece
          } else {
            result = try parser.take(piece)
            if let result { rest += result.rest }
          }
        }
        let head = try #require(result?.head)
        #expect(head.status == 200)
        #expect(head.reason == "Connection established")
        #expect(head.values("Via") == ["a", "b, C"])
        #expect(head.has(token: "c", in: "VIA"))
        #expect(!head.has(token: "d", in: "Via"))
        #expect(String(decoding: rest, as: UTF8.self) == "INFO {}\r\n")
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
    #expect(throws: HTTPResponseHeadParser.Failure.malformed) { try parser.take(text.utf8) }
  }

  @Test func tooLarge() throws {
    var parser = HTTPResponseHeadParser()
    #expect(try parser.take("HTTP/1.1 200 OK\r\nX: ".utf8) == nil)
    #expect(throws: HTTPResponseHeadParser.Failure.tooLarge) {
      for _ in 0..<20 { _ = try parser.take(repeatElement(0x61, count: 1000)) }
    }
    var other = HTTPResponseHeadParser()
    let text = "HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n"
    #expect(throws: HTTPResponseHeadParser.Failure.tooLarge) { try other.take(text.utf8) }
  }

  @Test func reasonIsPrintable() throws {
    let head = try #require(
      HTTPResponseHead(block: ("HTTP/1.1 500 \u{1B}[31mred\u{7}" + String(repeating: "x", count: 99)).utf8))
    #expect(head.reason.hasPrefix("[31mredx"))
    #expect(head.reason.utf8.count == 80)
  }

  /// U+212A KELVIN SIGN is canonically equivalent to K, and its lower-case form is k.
  @Test func namesAndTokensCompareAsBytes() throws {
    let head = try #require(
      HTTPResponseHead(
        block:
          "HTTP/1.1 101 x\r\nSec-WebSoc\u{212A}et-Accept: a\r\nUpgrade: webSoc\u{212A}et\r\nK: cafe\u{301}"
          .utf8))
    #expect(head.values("Sec-WebSocket-Accept").isEmpty)
    #expect(!head.has(token: "websocket", in: "Upgrade"))
    #expect(!head.has(token: "caf\u{e9}", in: "k"))
  }
}
