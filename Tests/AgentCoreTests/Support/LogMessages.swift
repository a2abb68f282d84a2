import Logging

/// Records the messages of a logger, in order, each with the value of one field.
struct LogMessages: LogHandler {
  let recorder: Recorder
  /// The field whose value precedes the message.
  let field: String
  /// Runs before a message is recorded.
  var before: @Sendable (String) -> Void = { _ in }
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let message = event.message.description
    before(message)
    recorder.add("\(event.metadata?[field].map { "\($0)" } ?? ""): \(message)")
  }
}
