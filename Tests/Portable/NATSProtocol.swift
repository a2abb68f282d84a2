import NATSProtocol

@_silgen_name("exit") private func exit(_ status: Int32) -> Never

/// Exercises the module as Embedded Swift. Exits with 1 if a result is wrong.
@main struct NATSProtocolProgram {
  static func main() {
    do throws(NATSError) {
      try parse()
      try addresses()
      try connection()
      try servers()
    } catch {
      fail(error.description)
    }
    encode()
    headers()
    errors()
    print("operations, headers, addresses, connections and servers are right")
  }

  static func parse() throws(NATSError) {
    let text =
      "INFO {\"server_id\":\"S\",\"max_payload\":100,\"headers\":true,\"connect_urls\":[\"b:1\"]}\r\nPING\r\n"
      + "+OK\r\n-ERR 'Unknown Thing'\r\nMSG a.b 1 5\r\nhello\r\n"
      + "HMSG a.c 3 reply.to 20 22\r\nNATS/1.0\r\nA: b c\r\n\r\nhi\r\n"
    for pieceLength in [1, 7, text.utf8.count] {
      var parser = ServerOperationParser()
      var buffer: [UInt8] = []
      var found = ""
      for byte in text.utf8 {
        buffer.append(byte)
        guard buffer.count % pieceLength == 0 || byte == 0x0a else { continue }
        while let operation = try next(&parser, buffer) {
          found += try describe(operation, buffer) + ";"
          buffer.removeFirst(operation.length)
        }
      }
      expect(
        found.utf8.elementsEqual(
          "info S;ping;ok;error Unknown Thing;1 a.b '' hello;3 a.c 'reply.to' hi b c;".utf8),
        found)
      expect(buffer.isEmpty, "bytes are left")
    }
    var parser = ServerOperationParser(limits: ServerOperationParser.Limits(controlLine: 100, content: 10))
    do throws(NATSError) {
      _ = try next(&parser, Array("MSG a 1 11\r\n".utf8))
      fail("a too large message was accepted")
    } catch {
      expect(error.code == .protocolViolation, error.description)
    }
  }

  static func next(
    _ parser: inout ServerOperationParser, _ buffer: [UInt8]
  ) throws(NATSError) -> ServerOperationParser.Operation? {
    var failure: NATSError?
    let operation = buffer.withUnsafeBytes { bytes -> ServerOperationParser.Operation? in
      do throws(NATSError) {
        return try parser.next(in: bytes)
      } catch {
        failure = error
        return nil
      }
    }
    if let failure { throw failure }
    return operation
  }

  static func describe(
    _ operation: ServerOperationParser.Operation, _ bytes: [UInt8]
  ) throws(NATSError) -> String {
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    switch operation {
    case .info(let json, _): return "info \(try NATSServerInfo(operation: Array(bytes[json])).serverID)"
    case .ping: return "ping"
    case .pong: return "pong"
    case .ok: return "ok"
    case .error(let range, _): return "error \(text(range))"
    case .message(let layout):
      let start = "\(layout.sid) \(text(layout.subject)) '\(text(layout.reply))' \(text(layout.payload))"
      let headers = NATSHeaders(wire: Array(bytes[layout.headers]))
      guard let value = headers["A"] else { return start }
      return start + " " + value
    }
  }

  static func encode() {
    var bytes: [UInt8] = []
    ClientOperationEncoder.connect(ConnectOptions(), into: &bytes)
    expect(bytes.starts(with: "CONNECT {\"verbose\":false".utf8), "CONNECT")
    bytes = []
    ClientOperationEncoder.subscribe(sid: 7, subject: "a.>", queue: "q", into: &bytes)
    ClientOperationEncoder.unsubscribe(sid: 7, max: 12, into: &bytes)
    ClientOperationEncoder.ping(into: &bytes)
    ClientOperationEncoder.pong(into: &bytes)
    expect(
      bytes.elementsEqual("SUB a.> q 7\r\nUNSUB 7 12\r\nPING\r\nPONG\r\n".utf8),
      String(decoding: bytes, as: UTF8.self))
    let payload = Array("hello".utf8)
    let capacity = ClientOperationEncoder.publishCapacity(
      subject: 3, replyTo: 1, headers: 0, payload: payload.count)
    let publish = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      guard let start = target.baseAddress else { return }
      count = payload.withUnsafeBytes { payload in
        Array("a.b".utf8).withUnsafeBufferPointer { subject in
          Array("r".utf8).withUnsafeBufferPointer { reply in
            ClientOperationEncoder.publish(
              subject: subject, replyTo: reply, headers: nil, payload: payload,
              to: UnsafeMutableRawPointer(start))
          }
        }
      }
    }
    expect(
      publish.elementsEqual("PUB a.b r 5\r\nhello\r\n".utf8), String(decoding: publish, as: UTF8.self))
    expect(Subject.isPublishable("a.b") && !Subject.isPublishable("a..b"), "subjects")
    expect(Subject.isSubscribable("a.>") && !Subject.isSubscribable("a.>.b"), "wildcards")
    expect(Subject.isQueueGroup("q") && !Subject.isQueueGroup("a b"), "queue groups")
  }

  static func headers() {
    var headers = NATSHeaders()
    do throws(NATSError) {
      try headers.append("K", "1")
      try headers.append("Other", "x")
      try headers.set("K", "2")
    } catch {
      fail(error.description)
    }
    let encoded = HeaderCodec.encode(headers)
    expect(encoded.elementsEqual("NATS/1.0\r\nOther: x\r\nK: 2\r\n\r\n".utf8), "headers")
    // U+212A KELVIN SIGN is another name.
    let decoded = NATSHeaders(wire: Array("NATS/1.0\r\n\u{212A}: 1\r\nK: 2\r\n\r\n".utf8))
    expect(decoded.values("K").count == 1 && decoded["K"] != nil, "header names compare as bytes")
    let status = Array("NATS/1.0 503 None\r\n\r\n".utf8).withUnsafeBytes { HeaderCodec.status(of: $0) }
    expect(status?.code == NATSStatus.noResponders, "status")
  }

  static func errors() {
    let text = "Permissions Violation for Subscription to \"a.>\" using queue \"q\""
    guard case .permissionsViolation(let violation) = ServerErrorKind(text) else {
      return fail("not a permissions violation")
    }
    expect(violation.action == .subscription, "action")
    expect(violation.subject.map { $0.utf8.elementsEqual("a.>".utf8) } ?? false, "subject")
    expect(violation.queue.map { $0.utf8.elementsEqual("q".utf8) } ?? false, "queue")
    expect(ServerErrorKind("stale connection") == .reconnect(.staleConnection), "stale connection")
  }

  static func addresses() throws(NATSError) {
    let server = try NATSServerAddress("wss://u:p%40@[::1]:8443/path?q")
    expect(server.scheme == .wss && server.port == 8443 && server.isLoopback, server.description)
    expect(server.description.utf8.elementsEqual("wss://[::1]:8443/path".utf8), server.description)
    expect(try NATSServerAddress.list("a, tls://b:1").count == 2, "list")
    do throws(NATSError) {
      _ = try NATSServerAddress("nats://h:x")
      fail("an invalid port was accepted")
    } catch {
      expect(error.code == .invalidURL, error.description)
    }
    expect(IPAddress.canonicalBytes("::ffff:10.0.0.1") == [10, 0, 0, 1], "IPv4-mapped address")
    expect(CertificateName.matches(Array("*.nats.example".utf8), host: "a.NATS.example"), "wildcard")
    let proxy = try NATSProxy.fromEnvironment(
      for: NATSServerAddress("nats.example"),
      environment: ["HTTPS_PROXY": "http://u:p@proxy:3128", "NO_PROXY": "10.0.0.0/8, other.example"])
    expect(proxy?.port == 3128, "proxy")
    let exempt = try NATSProxy.fromEnvironment(
      for: NATSServerAddress("10.1.2.3"),
      environment: ["HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "10.0.0.0/8"])
    expect(exempt == nil, "NO_PROXY")
    expect(
      NATSProxy.exemptionWarning(for: ["HTTPS_PROXY": "http://p", "NO_PROXY": "10.0.0.0/99"]) != nil,
      "warning about NO_PROXY")
  }

  static func connection() throws(NATSError) {
    var machine = ConnectionStateMachine(tls: .ifRequired, maxPingsOutstanding: 1)
    let info = try NATSServerInfo(operation: Array("{\"tls_required\":true,\"nonce\":\"n\"}".utf8))
    expect(machine.received(info) == .upgradeToTLS && machine.isUpgrading, "TLS upgrade")
    guard case .connect(let handshake) = machine.tlsEstablished() else { return fail("CONNECT") }
    guard case .established = machine.receivedPong() else { return fail("established") }
    expect(machine.receivedPing() == .sendPong && machine.isReady, "PING")
    expect(machine.pingTimerFired() == .sendPing, "PING timer")
    guard case .close(let error) = machine.pingTimerFired() else { return fail("stale connection") }
    expect(error.code == .staleConnection && machine.isClosed, error.description)
    let server = try NATSServerAddress("nats://h")
    let options = ConnectOptions(
      name: "n", echo: true, isEncrypted: true, server: server, info: handshake,
      authentication: .nkey(publicKey: "U1", signature: [0xfb, 0xff]))
    expect(options.signature.map { $0.utf8.elementsEqual("-_8".utf8) } ?? false, "signature")
    let tls = NATSTLSConfiguration(mode: .required)
    let policy = EncryptionPolicy(server: server, tls: tls, hasUsedTLS: false)
    do throws(NATSError) {
      try policy.check(isEncrypted: false, server: server)
      fail("plain text was accepted")
    } catch {
      expect(error.code == .tlsRequired, error.description)
    }
    expect(
      NATSTLSConfiguration().clearTextWarning(for: [server], secret: "the key") != nil, "clear text warning")
  }

  static func servers() throws(NATSError) {
    let backoff = ReconnectBackoff(NATSReconnectPolicy(initialDelay: .milliseconds(100)))
    var pool = ServerPool(
      try NATSServerAddress.list("nats://a,nats://b"), backoff: backoff, ignoreDiscovered: false,
      order: { $0 })
    guard let first = pool.next(now: .seconds(1)) else { return fail("no server") }
    pool.began(first.address)
    expect(pool.failed(first.address, now: .seconds(1), fraction: 0.5) == .milliseconds(50), "backoff")
    guard let second = pool.next(now: .seconds(1)) else { return fail("no second server") }
    expect(second.delay == .zero && second.address != first.address, "second server")
    pool.connected(second.address)
    pool.recordTLS(of: second.address)
    let info = try NATSServerInfo(operation: Array("{\"connect_urls\":[\"c:1\",\"bad url\"]}".utf8))
    expect(pool.gossip(from: second.address, info: info, isEncrypted: true).count == 1, "discovery")
    expect(pool.hasUsedTLS(second.address) && pool.servers.count == 3, "pool")
    pool.disconnected(after: .seconds(9), now: .seconds(20), fraction: 0.5)
    expect(pool.current == nil, "disconnected")
  }

  static func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { fail(what()) }
  }

  static func fail(_ what: String) {
    print("failed: \(what)")
    exit(1)
  }
}
