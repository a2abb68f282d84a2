import FoundationEssentials

/// Decodes JSON as NATS writes it.
enum JSONReading {
  static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}
