public import JSON

/// The payload of an envelope, encoded and decoded.
public protocol MessagePayload: Sendable, Equatable {
  /// The type of the envelopes that carry the payload.
  static var messageType: Envelope.MessageType { get }

  /// The payload as JSON.
  var json: JSONValue { get }

  /// Decodes a payload. Unknown members are ignored.
  ///
  /// - Returns: nil when a required member is missing or of another type.
  init?(_ json: JSONValue)
}

extension MessagePayload {
  /// Decodes the bytes of a payload.
  ///
  /// - Returns: nil when there are more bytes than ``PayloadLimits`` allows, when they are not JSON, or when a required member is
  ///   missing or of another type.
  public init?(parsing bytes: [UInt8]) {
    if let limit = PayloadLimits.bytes(of: Self.messageType), bytes.count > limit { return nil }
    let json: JSONValue
    do { json = try JSONReader.parse(bytes) } catch { return nil }
    self.init(json)
  }
}
