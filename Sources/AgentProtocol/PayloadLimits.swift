/// The most bytes of a payload by its type. The agent makes none that is larger, the platform reads none that is, and its streams store
/// none that is.
public enum PayloadLimits {
  /// Capabilities, telemetry, an alert.
  public static let announcement = 256 << 10
  /// A heartbeat.
  public static let heartbeat = 16 << 10
  /// What an envelope adds to a payload.
  public static let envelope = 1 << 10

  /// The limit of a type; nil where the server's limit is the only one.
  public static func bytes(of type: Envelope.MessageType) -> Int? {
    switch type {
    case .capabilities, .telemetry, .alert: announcement
    case .heartbeat: heartbeat
    case .command, .result, .progress, .time: nil
    }
  }

  /// The limit of a type on a server that takes messages of so many bytes.
  public static func bytes(of type: Envelope.MessageType, messageLimit: Int) -> Int {
    min(bytes(of: type) ?? .max, max(0, messageLimit - envelope))
  }
}
