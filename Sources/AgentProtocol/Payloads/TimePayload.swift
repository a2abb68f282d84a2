public import JSON

/// What stands beside the platform's time.
public struct TimePayload: Sendable, Equatable {
  /// The `id` of the agent's message that it answers: an agent knows by it that the time is no older than that message.
  public var inReplyTo: String

  private static let longestID = 128

  /// A payload.
  public init(inReplyTo: String) {
    self.inReplyTo = inReplyTo
  }

  /// Reads a payload; nil when it names no message.
  public init?(parsing payload: [UInt8]) {
    do {
      guard let id = try JSONReader.parse(payload).objectValue?["in_reply_to"]?.stringValue,
        (1...Self.longestID).contains(id.utf8.count)
      else { return nil }
      inReplyTo = id
    } catch {
      return nil
    }
  }

  /// As JSON.
  public var json: JSONValue { ["in_reply_to": .string(inReplyTo)] }
}
