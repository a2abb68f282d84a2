import FoundationEssentials
public import JSON

/// How the values of this protocol become bytes and come back: snake_case keys, sorted; times are unix seconds.
public enum APICoding {
  /// The bytes of a value.
  public static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }

  /// A value from its bytes.
  public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws
    -> Value
  {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(bytes))
  }

  /// A value as JSON.
  public static func json(_ value: some Encodable) throws -> JSONValue {
    try JSONReader.parse(encode(value))
  }

  /// A value from JSON.
  public static func value<Value: Decodable>(_ type: Value.Type = Value.self, from json: JSONValue) throws
    -> Value
  {
    try decode(type, from: JSONWriter.encode(json))
  }
}
