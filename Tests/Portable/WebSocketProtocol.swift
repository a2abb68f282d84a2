import WebSocketProtocol

@_silgen_name("exit") private func exit(_ status: Int32) -> Never

/// Exercises the module as Embedded Swift. Exits with 1 if a result is wrong.
@main struct WebSocketProtocolProgram {
  static func main() {
    upgrade()
    tunnel()
    frames()
    deflate()
    print("upgrades, tunnels, frames and deflate rules are right")
  }

  static func head(_ text: String) -> HTTPResponseHead {
    var parser = HTTPResponseHeadParser()
    do throws(HTTPResponseHeadParser.Failure) {
      for byte in text.utf8 {
        if let (head, rest) = try parser.take(CollectionOfOne(byte)) {
          expect(rest.isEmpty, "bytes after the head")
          return head
        }
      }
    } catch {
      fail("the head was rejected")
    }
    fail("the head is incomplete")
  }

  static func upgrade() {
    let upgrade = WebSocketUpgrade(
      host: "h:8080", path: "/p", offersCompression: true, key: Array("the sample nonce".utf8))
    expect(upgrade.request.utf8.starts(with: "GET /p HTTP/1.1\r\nHost: h:8080\r\n".utf8), upgrade.request)
    let response =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
      + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    do throws(WebSocketUpgrade.Failure) {
      expect(try !upgrade.check(head(response + "\r\n")), "compression was not negotiated")
      let extensions = "Sec-WebSocket-Extensions: " + WebSocketUpgrade.deflateOffer + "\r\n\r\n"
      expect(try upgrade.check(head(response + extensions)), "compression was negotiated")
    } catch {
      fail(error.reason)
    }
    do throws(WebSocketUpgrade.Failure) {
      _ = try upgrade.check(head("HTTP/1.1 404 Not Found\r\n\r\n"))
      fail("the status 404 was accepted")
    } catch {
      expect(!error.reason.isEmpty, "reason")
    }
    var parser = HTTPResponseHeadParser()
    do throws(HTTPResponseHeadParser.Failure) {
      _ = try parser.take("INFO {}\r\n".utf8)
      fail("another protocol was accepted")
    } catch {
      expect(error == .malformed, "malformed")
    }
  }

  static func tunnel() {
    let request = HTTPTunnel.request(target: "h:1", user: "Aladdin", password: "open sesame")
    expect(
      request.utf8.elementsEqual(
        "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
          .utf8), request)
    do throws(HTTPTunnel.Failure) {
      try HTTPTunnel.check(head("HTTP/1.1 200 OK\r\n\r\n"))
      try HTTPTunnel.check(head("HTTP/1.1 407 No\r\n\r\n"))
      fail("the status 407 was accepted")
    } catch {
      expect(error == .notAuthorized, "407")
    }
  }

  static func frames() {
    let stream: [UInt8] = [
      0x02, 1, 7, 0x89, 2, 1, 2, 0x80, 2, 8, 9, 0x8A, 0, 0x88, 4, 0x03, 0xE8, 0x6F, 0x6B,
    ]
    for pieceLength in [1, 3, stream.count] {
      var parser = WebSocketFrameParser(compressionAllowed: false, maximumFrameLength: 100)
      var buffer: [UInt8] = []
      var found = ""
      for (index, byte) in stream.enumerated() {
        buffer.append(byte)
        guard (index + 1) % pieceLength == 0 || index == stream.count - 1 else { continue }
        while true {
          var consumed = 0
          let event = next(&parser, buffer, &consumed)
          switch event {
          case .data(let range, _): for byte in buffer[range] { found += "\(byte)," }
          case .endOfMessage: found += "end,"
          case .ping(let range): found += "ping\(range.count),"
          case .pong: found += "pong,"
          case .close(let code, let reason): found += "close\(code ?? 0) \(reason)"
          case nil: break
          }
          buffer.removeFirst(consumed)
          if event == nil { break }
        }
      }
      expect(found.utf8.elementsEqual("7,ping2,8,9,end,pong,close1000 ok".utf8), found)
    }
    var parser = WebSocketFrameParser(compressionAllowed: false, maximumFrameLength: 100)
    let violation = ([0x81, 0x00] as [UInt8]).withUnsafeBytes { bytes -> UInt16 in
      var consumed = 0
      do throws(WebSocketFrameParser.Violation) {
        _ = try parser.next(in: bytes, at: &consumed)
        return 0
      } catch {
        return error.closeCode
      }
    }
    expect(violation != 0, "a text frame was accepted")
    let header = WebSocketFrameHeader(opcode: .binary, length: 300, isCompressed: true)
    let bytes = [UInt8](unsafeUninitializedCapacity: WebSocketFrameHeader.maximumLength) { bytes, count in
      count = header.encode(WebSocketMask(key: 0x0403_0201), to: UnsafeMutableRawBufferPointer(bytes))
    }
    expect(bytes == [0xC2, 0xFE, 1, 44, 1, 2, 3, 4], "frame header")
    var payload = [UInt8](repeating: 0, count: 11)
    payload.withUnsafeMutableBytes { WebSocketMask(key: 0x0403_0201).apply(to: $0, offset: 1) }
    expect(payload == [2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], "mask")
  }

  static func next(
    _ parser: inout WebSocketFrameParser, _ buffer: [UInt8], _ consumed: inout Int
  ) -> WebSocketFrameParser.Event? {
    buffer.withUnsafeBytes { bytes -> WebSocketFrameParser.Event? in
      do throws(WebSocketFrameParser.Violation) {
        return try parser.next(in: bytes, at: &consumed)
      } catch {
        fail(error.reason)
      }
    }
  }

  static func deflate() {
    expect(MessageDeflate.limit(maximumPayload: nil) == 1024, "limit before INFO")
    expect(MessageDeflate.length(compressed: 54, original: 100) == 50, "length")
    var budget = MessageDeflate.InflateBudget(maximumLength: 10)
    expect(budget.add(10) && !budget.add(1), "budget")
    budget.reset()
    expect(budget.add(1) && MessageDeflate.pieceLength(input: 1) == 512, "piece length")
  }

  static func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { fail(what()) }
  }

  static func fail(_ what: String) -> Never {
    print("failed: \(what)")
    exit(1)
  }
}
