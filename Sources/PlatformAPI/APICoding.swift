import FoundationEssentials
public import JSON

/// Encoding of API values: JSON with sorted snake_case keys. Times are unix seconds.
public enum APICoding {
  /// Encodes a value as JSON text.
  public static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }

  /// Decodes a value from JSON text.
  public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws
    -> Value
  {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(bytes))
  }

  /// Encodes a value as a JSON value.
  public static func json(_ value: some Encodable) throws -> JSONValue {
    try JSONReader.parse(encode(value))
  }

  /// Decodes a value from a JSON value.
  public static func value<Value: Decodable>(_ type: Value.Type = Value.self, from json: JSONValue) throws
    -> Value
  {
    try decode(type, from: JSONWriter.encode(json))
  }
}
