/// The format of log lines on a stream.
public enum LogFormat: String, Sendable, Hashable {
  /// One JSON object per line.
  case json
  /// Plain text.
  case console
}

/// The schema of log lines. Existing log pipelines depend on both.
package enum LogSchema: Sendable {
  /// The schema of the agent: `level`, `ts` and `msg`, then the fields. In JSON, numbers, booleans, lists and dictionaries keep
  /// their type, and fields named as one of the three members get a trailing underscore. Lines are truncated.
  case agent
  /// The schema of the platform: `time`, `level` and `message`, then the fields, all as text. Fields named as one of the three
  /// members are omitted.
  case platform
}
