import JSON
import NIOCore
import Testing

@testable import NATS

@Suite struct ClientOperationEncoderTests {
  @Test func publishes() {
    #expect(publish("a.b", nil, nil, "hello") == "PUB a.b 5\r\nhello\r\n")
    #expect(publish("a.b", nil, nil, "") == "PUB a.b 0\r\n\r\n")
    #expect(publish("a.b", "r", nil, "hello") == "PUB a.b r 5\r\nhello\r\n")
    #expect(
      publish("a.b", "r", Array("NATS/1.0\r\nA: b\r\n\r\n".utf8), "hi")
        == "HPUB a.b r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n")
  }

  @Test(arguments: [1, 9, 10, 99, 100, 1000, 12345, 1_000_000])
  func writesLengths(size: Int) {
    let payload = String(repeating: "x", count: size)
    #expect(publish("a", nil, nil, payload) == "PUB a \(size)\r\n\(payload)\r\n")
  }

  @Test func subscribes() {
    var buffer = ByteBuffer()
    ClientOperationEncoder.subscribe(sid: 7, subject: "a.>", queue: nil, into: &buffer)
    ClientOperationEncoder.subscribe(sid: 8, subject: "a.*", queue: "workers", into: &buffer)
    ClientOperationEncoder.unsubscribe(sid: 7, max: nil, into: &buffer)
    ClientOperationEncoder.unsubscribe(sid: 8, max: 12, into: &buffer)
    #expect(String(buffer: buffer) == "SUB a.> 7\r\nSUB a.* workers 8\r\nUNSUB 7\r\nUNSUB 8 12\r\n")
  }

  @Test func connectEscapesStrings() throws {
    var options = ConnectOptions()
    options.name = "a\"b\\c\nd\u{1}é"
    options.user = "u"
    options.password = "p\"w"
    options.headers = true
    let bytes = options.encoded()
    let json = try #require(try JSONReader.parse(bytes).objectValue)
    #expect(json["name"]?.stringValue == "a\"b\\c\nd\u{1}é")
    #expect(json["pass"]?.stringValue == "p\"w")
    #expect(json["verbose"]?.boolValue == false)
    #expect(json["pedantic"]?.boolValue == false)
    #expect(json["protocol"]?.integerValue == 1)
    #expect(json["lang"]?.stringValue == "swift")
    #expect(json["headers"]?.boolValue == true)
    #expect(json["no_responders"]?.boolValue == true)
    #expect(json["auth_token"] == nil)
    #expect(!bytes.contains(0x0a))
  }

  private func publish(_ subject: String, _ reply: String?, _ headers: [UInt8]?, _ payload: String) -> String
  {
    var buffer = ByteBuffer()
    let written = Array(payload.utf8).withUnsafeBytes { payload in
      Array(subject.utf8).withUnsafeBufferPointer { subject in
        Array((reply ?? "").utf8).withUnsafeBufferPointer {
          ClientOperationEncoder.publish(
            subject: subject, replyTo: reply == nil ? nil : $0, headers: headers, payload: payload,
            into: &buffer)
        }
      }
    }
    #expect(written == buffer.readableBytes)
    return String(buffer: buffer)
  }
}
