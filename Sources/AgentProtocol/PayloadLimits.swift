/// The greatest sizes of payloads in bytes. The agent shortens larger payloads; the platform rejects them, and its streams do not store
/// them.
public enum PayloadLimits {
  /// Capabilities, telemetry and alerts.
  public static let announcement = 256 << 10
  /// Heartbeats.
  public static let heartbeat = 16 << 10
  /// The size of an envelope without its payload.
  public static let envelope = 1 << 10

  /// The limit of a type; nil where only the limit of the server applies.
  public static func bytes(of type: Envelope.MessageType) -> Int? {
    switch type {
    case .capabilities, .telemetry, .alert: announcement
    case .heartbeat: heartbeat
    case .command, .result, .progress, .time: nil
    }
  }

  /// The limit of a type on a server whose `max_payload` is `messageLimit`.
  public static func bytes(of type: Envelope.MessageType, messageLimit: Int) -> Int {
    min(bytes(of: type) ?? .max, max(0, messageLimit - envelope))
  }
}
