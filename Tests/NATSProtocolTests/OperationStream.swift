import NATSProtocol

/// A receive buffer and its parser. Describes operations as text, for comparisons.
struct OperationStream {
  private var buffer: [UInt8] = []
  private var parser: ServerOperationParser

  init(limits: ServerOperationParser.Limits = ServerOperationParser.Limits()) {
    parser = ServerOperationParser(limits: limits)
  }

  var pendingBytes: Int { buffer.count }

  mutating func append(_ bytes: some Sequence<UInt8>) {
    buffer += bytes
  }

  mutating func append(_ text: String) {
    append(text.utf8)
  }

  mutating func next() throws(NATSError) -> String? {
    let bytes = buffer
    var parser = parser
    let result: Result<ServerOperationParser.Operation?, NATSError> = bytes.withUnsafeBytes { bytes in
      do throws(NATSError) {
        return .success(try parser.next(in: bytes))
      } catch {
        return .failure(error)
      }
    }
    self.parser = parser
    guard let operation = try result.get() else { return nil }
    let text = try Self.describe(operation, in: bytes)
    buffer.removeFirst(operation.length)
    return text
  }

  mutating func all() throws(NATSError) -> [String] {
    var found: [String] = []
    while let operation = try next() { found.append(operation) }
    return found
  }

  private static func describe(
    _ operation: ServerOperationParser.Operation, in bytes: [UInt8]
  ) throws(NATSError) -> String {
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    switch operation {
    case .info(let json, _): return "info \(try NATSServerInfo(operation: Array(bytes[json])).serverID)"
    case .ping: return "ping"
    case .pong: return "pong"
    case .ok: return "ok"
    case .error(let range, _): return "error \(text(range))"
    case .message(let layout):
      let content = Array(bytes[layout.headers])
      let headers = content.withUnsafeBytes { HeaderCodec.decode($0) }
      let status = content.withUnsafeBytes { HeaderCodec.status(of: $0) }
      let fields = headers.fields.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
      let reply = layout.replyLength == 0 ? "-" : text(layout.reply)
      let shown = status?.description ?? (content.isEmpty ? "-" : fields)
      return "\(layout.sid) \(text(layout.subject)) \(reply) \(shown) '\(text(layout.payload))'"
    }
  }
}
