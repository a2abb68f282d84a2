/// The encoding of headers: `NATS/1.0`, an optional status on the same line, then `name: value` lines and an empty line (ADR-4).
package enum HeaderCodec {
  package static let version: StaticString = "NATS/1.0"

  /// Returns the number of bytes that ``encode(_:)`` returns.
  package static func encodedLength(_ headers: NATSHeaders) -> Int {
    var length = version.utf8CodeUnitCount + 4
    for field in headers.fields {
      length += field.name.utf8.count + field.value.utf8.count + 4
    }
    return length
  }

  /// Encodes headers.
  package static func encode(_ headers: NATSHeaders) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(encodedLength(headers))
    bytes.append(contentsOf: UnsafeBufferPointer(start: version.utf8Start, count: version.utf8CodeUnitCount))
    bytes.append(contentsOf: [0x0d, 0x0a])
    for field in headers.fields {
      bytes.append(contentsOf: field.name.utf8)
      bytes.append(contentsOf: [UInt8(ascii: ":"), 0x20])
      bytes.append(contentsOf: field.value.utf8)
      bytes.append(contentsOf: [0x0d, 0x0a])
    }
    bytes.append(contentsOf: [0x0d, 0x0a])
    return bytes
  }

  /// Whether `bytes` begin with the version line of headers.
  package static func hasVersion(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = version.utf8CodeUnitCount
    guard bytes.count >= count + 2 else { return false }
    for index in 0..<count where bytes[index] != version.utf8Start[index] { return false }
    return true
  }

  /// Decodes the status in the first line, if there is one.
  package static func status(of bytes: UnsafeRawBufferPointer) -> NATSStatus? {
    guard hasVersion(bytes) else { return nil }
    let start = version.utf8CodeUnitCount
    let end = bytes[start...].firstIndex { $0 == 0x0d || $0 == 0x0a } ?? bytes.count
    let rest = trim(bytes[start..<end])
    guard rest.count >= 3 else { return nil }
    var code = 0
    for byte in rest.prefix(3) {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      code = code * 10 + Int(byte - 0x30)
    }
    let reason = trim(rest.dropFirst(3))
    return NATSStatus(code: code, reason: String(decoding: reason, as: UTF8.self))
  }

  /// Decodes the lines after the first one. Lines without a colon or with an empty name are skipped.
  package static func decode(_ bytes: UnsafeRawBufferPointer) -> NATSHeaders {
    var fields: [NATSHeaders.Field] = []
    let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: true)
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = line[line.startIndex..<colon]
      guard !name.isEmpty else { continue }
      fields.append(
        NATSHeaders.Field(
          name: String(decoding: name, as: UTF8.self),
          value: String(decoding: trim(line[(colon + 1)...]), as: UTF8.self)))
    }
    return NATSHeaders(unchecked: fields)
  }

  private static func trim(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    var bytes = bytes
    while let first = bytes.first, first == 0x20 || first == 0x09 || first == 0x0d { bytes.removeFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 || last == 0x0d { bytes.removeLast() }
    return bytes
  }
}
