import AgentProtocol
import Encoding
import JSON
import NATSProtocol
import NIOCore
import NKeys
import PlatformAPI
import WebSocketProtocol
import XKeys

@testable import JetStream
@testable import NATS
@testable import PlatformCore

extension FuzzTarget {
  /// What a server, a proxy, an agent or an operator sends.
  static let network: [FuzzTarget] = [
    FuzzTarget(
      "nats-operations", dictionary: ["MSG ", "HMSG ", "INFO ", "PING\r\n", "+OK\r\n", "-ERR ", "\r\n"]
    ) { bytes in
      // The same operations wherever the stream is cut.
      let whole = operations([bytes])
      let cut = bytes.count < 2 ? bytes.count : Int(bytes[0]) % bytes.count
      let halves = operations([Array(bytes[..<cut]), Array(bytes[cut...])])
      expect(whole == halves, "cut at \(cut): \(whole) became \(halves)")
    },
    FuzzTarget("nats-info", dictionary: ["\"max_payload\":", "\"connect_urls\":[", "\"nonce\":"]) { bytes in
      _ = try? NATSServerInfo(json: bytes)
    },
    FuzzTarget("nats-headers", dictionary: ["NATS/1.0", " 503 ", "\r\n", ": "]) { bytes in
      bytes.withUnsafeBytes { raw in
        _ = HeaderCodec.hasVersion(raw)
        _ = HeaderCodec.status(of: raw)
        let headers = HeaderCodec.decode(raw)
        expect(
          HeaderCodec.encode(headers).count == HeaderCodec.encodedLength(headers), "length of \(headers)")
      }
    },
    FuzzTarget("nats-error", dictionary: ["Permissions Violation for ", "Subscription to ", "\"", "'"]) {
      bytes in
      _ = PermissionsViolation(text(bytes))
    },
    FuzzTarget("nats-url", dictionary: ["nats://", "wss://", "[::1]", "%2F", "@", ":4222", "?a=b"]) { bytes in
      guard let address = try? NATSServerAddress(text(bytes)) else { return }
      expect(!address.host.isEmpty, "no host in \(address)")
    },
    FuzzTarget("proxy-exemptions", dictionary: ["10.0.0.0/8", ".example.com", "*", "::1", ","]) { bytes in
      let exemptions = ProxyExemptions(text(bytes))
      if let server = try? NATSServerAddress("nats://10.1.2.3:4222") { _ = exemptions.cover(server) }
    },
    FuzzTarget("http-response", dictionary: ["HTTP/1.1 101 ", "Upgrade: websocket", "\r\n\r\n"]) { bytes in
      var parser = HTTPResponseHeadParser()
      let cut = bytes.count / 2
      for half in [bytes[..<cut], bytes[cut...]] {
        guard let found = try? parser.take(half) else { continue }
        expect(found.rest.count <= bytes.count, "\(found.rest.count) bytes are left")
        return
      }
    },
    FuzzTarget("websocket-frames", dictionary: ["\u{1}", "\u{7F}", "\u{7E}"]) { bytes in
      // The same events wherever the stream is cut.
      let cut = bytes.isEmpty ? 0 : Int(bytes[bytes.count - 1]) % bytes.count
      for isCompressed in [false, true] {
        let whole = frames([bytes], isCompressed: isCompressed)
        let halves = frames([Array(bytes[..<cut]), Array(bytes[cut...])], isCompressed: isCompressed)
        expect(whole == halves, "cut at \(cut): \(whole) became \(halves)")
      }
    },
    FuzzTarget("websocket-deflate") { bytes in
      let limit = 1 << 16
      let inflater = MessageInflater(maximumLength: limit)
      var total = 0
      try? inflater.inflate(ByteBuffer(bytes: bytes)) { total += $0.readableBytes }
      try? inflater.endMessage { total += $0.readableBytes }
      expect(total <= limit, "\(total) bytes where \(limit) are allowed")
    },
    FuzzTarget("json", dictionary: ["{\"", "\":", "[", "]", "1e308", "\\ud83d\\ude00", "null", "true"]) {
      bytes in
      guard let value = try? JSONReader.parse(bytes) else { return }
      let written = JSONWriter.encode(value)
      guard let again = try? JSONReader.parse(written) else {
        fatalError("\(text(written)) is not read back")
      }
      expect(JSONWriter.encode(again) == written, "\(text(written)) is not stable")
    },
    FuzzTarget("encodings", dictionary: ["==", "%2F", "2026-11-24T17:33:09.5Z", "+01:00"]) { bytes in
      let text = text(bytes)
      if let decoded = Base64.decode(text) { expect(Base64.encode(decoded) == text, "base64 of \(text)") }
      if let decoded = Base32.decode(text) { expect(Base32.encode(decoded) == text, "base32 of \(text)") }
      _ = PercentEncoding.decode(text)
      _ = RFC3339.seconds(text)
      expect(Base64.decode(Base64.encode(bytes)) == bytes, "base64 of \(bytes)")
      expect(Base32.decode(Base32.encode(bytes)) == bytes, "base32 of \(bytes)")
    },
    FuzzTarget(
      "payloads", dictionary: ["\"operations\":[", "\"cpu\":{", "\"disks\":[", "1e308", "-1", "null"]
    ) { bytes in
      // What was decoded is decoded from its own encoding as the same value.
      func roundTrip<Payload: MessagePayload>(_: Payload.Type) {
        guard let payload = Payload(parsing: bytes) else { return }
        expect(Payload(payload.json) == payload, "\(payload)")
      }
      roundTrip(TelemetryPayload.self)
      roundTrip(CapabilitiesPayload.self)
      roundTrip(HeartbeatPayload.self)
      roundTrip(AlertPayload.self)
      roundTrip(ResultPayload.self)
      roundTrip(ProgressPayload.self)
    },
    FuzzTarget(
      "envelope",
      dictionary: ["\"v\":1", "\"payload\":{", "\"operation\":", "\"params\":[]", "\"expires_at\":"]
    ) {
      bytes in
      guard let envelope = try? Envelope(parsing: bytes) else { return }
      _ = try? CommandPayload(parsing: envelope.payload)
      _ = ResultPayload(parsing: envelope.payload)
      _ = TimePayload(parsing: envelope.payload)
    },
    FuzzTarget(
      "agent-event",
      dictionary: ["\"type\":\"telemetry\"", "\"type\":\"result\"", "\"type\":\"alert\"", "\"cpu\":"]
    ) {
      bytes in
      _ = try? AgentEvent(parsing: bytes)
    },
    FuzzTarget("api-request", dictionary: ["\"agent\":", "\"selector\":", "\"labels\":{", "\"limit\":"]) {
      bytes in
      _ = try? APICoding.decode(Requests.ListAgents.self, from: bytes)
      _ = try? APICoding.decode(Requests.Enroll.self, from: bytes)
      _ = try? APICoding.decode(Requests.Label.self, from: bytes)
      _ = try? APICoding.decode(Requests.Submit.self, from: bytes)
      _ = try? APICoding.decode(Requests.ListCommands.self, from: bytes)
      _ = try? APICoding.decode(Requests.ListEvents.self, from: bytes)
      _ = try? APICoding.decode(Requests.ListAudit.self, from: bytes)
    },
    FuzzTarget("selector", dictionary: [" in (", " notin (", "!=", "==", ",", "\"", "*"]) { bytes in
      guard let selector = try? Selector(text(bytes)) else { return }
      _ = selector.matches(labels: ["env": "prod"], fields: ["os": "debian 12"])
    },
    FuzzTarget("subjects", dictionary: ["pls.api.", "pls.results.", "agent.vm.", ".evt", "$JS.ACK."]) {
      bytes in
      let subject = text(bytes)
      _ = PlatformSubjects.parseRequest(subject)
      _ = PlatformSubjects.parseResult(subject)
      _ = EventReader.agent(of: subject)
      _ = MessageMetadata(subject)
    },
    FuzzTarget("token", dictionary: ["eyJ", ".", "ed25519-nkey"]) { bytes in
      _ = try? NATSToken.subject(of: text(bytes))
      _ = try? NATSToken.verify(text(bytes), as: AuthorizationRequest.self)
    },
    FuzzTarget("nkey", dictionary: ["SU", "SA", "UA", "XA"]) { bytes in
      _ = try? NKeyPublicKey(text(bytes))
      _ = try? NKeyPair(seed: text(bytes))
      _ = try? XKeyPair(seed: text(bytes))
    },
  ]

  /// The operations in a stream that arrives in pieces.
  private static func operations(_ pieces: [[UInt8]]) -> [String] {
    var parser = ServerOperationParser(limits: .init(controlLine: 4096, content: 1 << 16))
    var buffer: [UInt8] = []
    var found: [String] = []
    for piece in pieces {
      buffer += piece
      do throws(NATSError) {
        while let operation = try next(&parser, buffer) {
          expect(operation.length > 0 && operation.length <= buffer.count, "\(operation) of \(buffer.count)")
          found.append("\(operation)")
          buffer.removeFirst(operation.length)
        }
      } catch {
        found.append("\(error.code)")
        return found
      }
    }
    return found
  }

  private static func next(
    _ parser: inout ServerOperationParser, _ buffer: [UInt8]
  ) throws(NATSError) -> ServerOperationParser.Operation? {
    let result = buffer.withUnsafeBytes { bytes in
      Result { () throws(NATSError) in try parser.next(in: bytes) }
    }
    return try result.get()
  }

  /// The events in a stream that arrives in pieces; adjacent pieces of a message count as one.
  private static func frames(_ pieces: [[UInt8]], isCompressed: Bool) -> [String] {
    var parser = WebSocketFrameParser(compressionAllowed: isCompressed, maximumFrameLength: 1 << 16)
    var buffer: [UInt8] = []
    var offset = 0
    var found: [String] = []
    var data = 0
    for piece in pieces {
      buffer += piece
      let failure: WebSocketFrameParser.Violation? = buffer.withUnsafeBytes { bytes in
        do throws(WebSocketFrameParser.Violation) {
          while let event = try parser.next(in: bytes, at: &offset) {
            switch event {
            case .data(let range, _):
              expect(range.upperBound <= bytes.count, "\(range) of \(bytes.count)")
              data += range.count
            case .endOfMessage: found.append("message of \(data)")
            case .ping(let range): found.append("ping of \(range.count)")
            case .pong: found.append("pong")
            case .close(let code, let reason): found.append("close \(code ?? 0) \(reason)")
            }
          }
          return nil
        } catch {
          return error
        }
      }
      if let failure { return found + [failure.reason] }
    }
    return found
  }
}
