import FoundationEssentials

/// Reads JSON as it stands on the wire of NATS.
enum JSONReading {
  static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}
