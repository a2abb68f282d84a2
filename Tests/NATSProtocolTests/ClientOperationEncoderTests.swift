import JSON
import NATSProtocol
import Testing

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
    var buffer: [UInt8] = []
    ClientOperationEncoder.subscribe(sid: 7, subject: "a.>", queue: nil, into: &buffer)
    ClientOperationEncoder.subscribe(sid: 8, subject: "a.*", queue: "workers", into: &buffer)
    ClientOperationEncoder.unsubscribe(sid: 7, max: nil, into: &buffer)
    ClientOperationEncoder.unsubscribe(sid: 8, max: 12, into: &buffer)
    #expect(
      String(decoding: buffer, as: UTF8.self) == "SUB a.> 7\r\nSUB a.* workers 8\r\nUNSUB 7\r\nUNSUB 8 12\r\n"
    )
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

  @Test func authenticationFillsTheMembersOfConnect() throws {
    let info = HandshakeInfo(try NATSServerInfo(json: Array("{\"headers\":true}".utf8)))
    func options(_ url: String, _ authentication: ConnectOptions.Authentication) throws -> ConnectOptions {
      ConnectOptions(
        name: "n", echo: false, isEncrypted: true, server: try NATSServerAddress(url), info: info,
        authentication: authentication)
    }
    let byPassword = try options("nats://u:p@h", .url)
    #expect(byPassword.user == "u" && byPassword.password == "p" && byPassword.token == nil)
    #expect(byPassword.headers && byPassword.tlsRequired && !byPassword.echo)
    let byToken = try options("nats://t@h", .url)
    #expect(byToken.user == nil && byToken.token == "t")
    #expect(try options("nats://u:p@h", .token("x")).user == nil)
    let byKey = try options("h", .nkey(publicKey: "U1", signature: [0xfb, 0xff]))
    #expect(byKey.nkey == "U1" && byKey.signature == "-_8")
    #expect(try options("h", .jwt("j", signature: nil)).signature == nil)
  }

  private func publish(_ subject: String, _ reply: String?, _ headers: [UInt8]?, _ payload: String) -> String
  {
    let payload = Array(payload.utf8)
    let capacity = ClientOperationEncoder.publishCapacity(
      subject: subject.utf8.count, replyTo: reply?.utf8.count ?? 0, headers: headers?.count ?? 0,
      payload: payload.count)
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      guard let start = target.baseAddress else { return }
      count = payload.withUnsafeBytes { payload in
        Array(subject.utf8).withUnsafeBufferPointer { subject in
          Array((reply ?? "").utf8).withUnsafeBufferPointer {
            ClientOperationEncoder.publish(
              subject: subject, replyTo: reply == nil ? nil : $0, headers: headers, payload: payload,
              to: UnsafeMutableRawPointer(start))
          }
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
