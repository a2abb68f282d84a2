/// A JSON text from a server, read within limits of size and depth.
///
/// The INFO operation is the only JSON that the client reads, so this keeps what that needs: numbers that
/// are no 64-bit integers are kept as zero, as no field of INFO is one.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// How deep arrays and objects may stand in each other.
  static let maximumDepth = 16

  /// Reads one value that fills `bytes`, or returns nil where they are no JSON.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var reader = JSONReader(bytes: bytes)
    guard let value = reader.readDocument() else { return nil }
    self = value
  }

  subscript(_ key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The strings of an array; elements of another kind are left out.
  var strings: [String]? {
    if case .array(let values) = self { values.compactMap(\.string) } else { nil }
  }
}
