/// The format of log lines on a stream.
public enum LogFormat: String, Sendable, Hashable {
  /// One JSON object per line.
  case json
  /// Plain text.
  case console
}
