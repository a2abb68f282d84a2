import Encoding
import JSON

/// A 64-bit digest of an operation and its parameters. The order of keys, white space and the notation of numbers do not matter.
enum CommandDigest {
  /// The digest of an operation and its parameters.
  static func of(_ operation: String, _ params: JSONObject) -> UInt64 {
    var bytes = JSONWriter.encode(.string(operation))
    bytes += JSONWriter.encode(.object(params.canonical))
    let digest = SHA256.digest(of: bytes)
    return UInt64(digest[0]) << 32 | UInt64(digest[1])
  }
}

extension JSONValue {
  /// The value with the members of all objects sorted. The recursion is bounded by the depth limit of the reader.
  fileprivate var canonical: JSONValue {
    switch self {
    case .array(let elements): .array(elements.map(\.canonical))
    case .object(let object): .object(object.canonical)
    case .null, .bool, .integer, .unsigned, .number, .string: self
    }
  }
}

extension JSONObject {
  fileprivate var canonical: JSONObject {
    var values: [[UInt8]: (key: String, value: JSONValue)] = [:]
    // Keyed by bytes: String compares by canonical equivalence. The last of repeated keys counts.
    for member in members { values[Array(member.key.utf8)] = (member.key, member.value) }
    let sorted = values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return JSONObject(sorted.map { Member(key: $0.value.key, value: $0.value.value.canonical) })
  }
}
