import NATSProtocol
import Testing

@Suite struct ServerOperationParserTests {
  static let stream =
    "INFO {\"server_id\":\"S\",\"max_payload\":1048576,\"headers\":true}\r\n"
    + "PING\r\nPONG\r\n+OK\r\n-ERR 'Unknown Thing'\r\n"
    + "MSG a.b 1 5\r\nhello\r\n"
    + "MSG a.b 12 reply.to 0\r\n\r\n"
    + "HMSG a.c 3 reply.to 20 22\r\nNATS/1.0\r\nA: b c\r\n\r\nhi\r\n"
    + "HMSG a.c 3 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
    + "msg x\t9   4 \r\n\r\n\r\n\r\n"

  static let expected = [
    "info S", "ping", "pong", "ok", "error Unknown Thing", "1 a.b - - 'hello'", "12 a.b reply.to - ''",
    "3 a.c reply.to A=b c 'hi'", "3 a.c - 503 ''", "9 x - - '\r\n\r\n'",
  ]

  @Test func parsesEveryOperation() throws {
    var parser = OperationStream()
    parser.append(Self.stream)
    #expect(try parser.all() == Self.expected)
    #expect(parser.pendingBytes == 0)
  }

  @Test func parsesOneByteAtATime() throws {
    var parser = OperationStream()
    var found: [String] = []
    for byte in Self.stream.utf8 {
      parser.append([byte])
      found += try parser.all()
    }
    #expect(found == Self.expected)
  }

  @Test func parsesEverySplitInTwo() throws {
    let bytes = Array(Self.stream.utf8)
    for cut in 0...bytes.count {
      var parser = OperationStream()
      parser.append(bytes[..<cut])
      var found = try parser.all()
      parser.append(bytes[cut...])
      found += try parser.all()
      #expect(found == Self.expected, "cut at \(cut)")
    }
  }

  @Test func keepsBytesAfterAnOperation() throws {
    var parser = OperationStream()
    parser.append("PING\r\nMSG a 1 ")
    #expect(try parser.all() == ["ping"])
    #expect(parser.pendingBytes == 8)
    parser.append("3\r\nabc\r\nPO")
    #expect(try parser.all() == ["1 a - - 'abc'"])
  }

  @Test(arguments: [
    "HELLO\r\n", "\r\n", "MSG\r\n", "MSG a\r\n", "MSG a 1\r\n", "MSG a 1 b c 5\r\n", "MSG a x 5\r\n",
    "MSG a 1 -5\r\n", "MSG a 1 5x\r\n", "MSG a 1 99999999999999999999\r\n", "MSG a 1 999999999\r\n",
    "MSG a 1 2\r\nabcd", "MSG a 1 2\r\nabc\r", "HMSG a 1 30 20\r\n", "HMSG a 1 20\r\n", "HMSG a 1 b\r\n",
    "HMSG a 1 5 5\r\nabcde\r\n", "INFO\r\n", "INFO {\r\n", "INFO []\r\n", "PINGS\r\n", "P\r\n", "+NO\r\n",
    "-E\r\n",
    "MSG a 99999999999999999999 1\r\n", "GET / HTTP/1.1\r\n", "\u{16}\u{3}\u{1}\n",
  ])
  func invalidBytesThrowProtocolViolation(text: String) {
    var parser = OperationStream()
    parser.append(text)
    let error = #expect(throws: NATSError.self) { try parser.all() }
    #expect(error?.code == .protocolViolation)
  }

  @Test func tooLongControlLineThrows() throws {
    var parser = OperationStream(limits: .init(controlLine: 1000, content: 1000))
    parser.append(repeatElement(0x49, count: 1000))
    #expect(try parser.all().isEmpty)
    parser.append([0x49])
    #expect(throws: NATSError.self) { try parser.next() }
  }

  @Test func tooLargeMessageThrows() throws {
    var parser = OperationStream(limits: .init(controlLine: 1000, content: 10))
    parser.append("MSG a 1 10\r\n0123456789\r\n")
    #expect(try parser.next() != nil)
    parser.append("MSG a 1 11\r\n")
    #expect(throws: NATSError.self) { try parser.next() }
  }
}
