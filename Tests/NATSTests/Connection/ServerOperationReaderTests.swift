import NATSProtocol
import NIOCore
import Testing

@testable import NATS

@Suite struct ServerOperationReaderTests {
  @Test func operationsAreReadFromTheBuffer() throws {
    var reader = ServerOperationReader()
    let stream =
      "PING\r\n+OK\r\nINFO {\"server_id\":\"S\"}\r\n-ERR 'No'\r\n"
      + "HMSG a.c 3 reply.to 20 22\r\nNATS/1.0\r\nA: b c\r\n\r\nhi\r\nPO"
    reader.append(ByteBuffer(string: stream))
    guard case .ping? = try reader.next(), case .ok? = try reader.next(),
      case .info(let info)? = try reader.next(), case .error("No")? = try reader.next(),
      case .message(let frame)? = try reader.next()
    else {
      Issue.record("an operation is missing")
      return
    }
    #expect(info.serverID == "S")
    #expect(frame.layout.sid == 3 && frame.subject == "a.c" && frame.replyTo == "reply.to")
    #expect(frame.headers?["A"] == "b c" && String(buffer: frame.payload) == "hi")
    #expect(frame.contentLength == 22)
    guard case nil = try reader.next() else {
      Issue.record("an incomplete operation was read")
      return
    }
    #expect(reader.pendingBytes == 2)
  }

  @Test func createdFrameHasItsParts() throws {
    let headers = try NATSHeaders([("A", "b")])
    let frame = MessageFrame(
      subject: "s", replyTo: "r", headers: headers, payload: ByteBuffer(string: "body"))
    #expect(frame.subject == "s" && frame.replyTo == "r" && frame.headers == headers)
    #expect(String(buffer: frame.payload) == "body")
  }

  @Test func consumedBytesAreReleased() throws {
    var reader = ServerOperationReader()
    reader.append(ByteBuffer(string: "P"))
    // Each read ends inside an operation.
    for _ in 0..<100_000 {
      reader.append(ByteBuffer(string: "ING\r\nP"))
      guard case .ping? = try reader.next() else {
        Issue.record("no PING was read")
        return
      }
    }
    #expect(reader.pendingBytes == 1)
    #expect(reader.capacity < 4096)
  }
}
