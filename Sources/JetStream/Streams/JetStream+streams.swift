import Encoding
import JSON

extension JetStream {
  /// Returns the stream with a name.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func stream(_ name: String) async throws(JetStreamError) -> StreamInfo {
    try Name.check(name, of: "stream")
    let info = StreamInfo(try await request("STREAM.INFO.\(name)", about: "stream \(name)"))
    guard info.configuration.name.hasSameBytes(as: name) else { throw .unusable("stream \(name)") }
    return info
  }

  /// Creates a stream. Does nothing if it exists with the same configuration.
  ///
  /// - Throws: ``JetStreamError/Code/api(_:)`` 10058 if it exists with another configuration.
  public func createStream(_ configuration: StreamConfiguration) async throws(JetStreamError) -> StreamInfo {
    try Name.check(configuration.name, of: "stream")
    return StreamInfo(
      try await request(
        "STREAM.CREATE.\(configuration.name)", configuration.json, about: "stream \(configuration.name)"))
  }

  /// Updates a stream to a configuration.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``; ``JetStreamError/Code/api(_:)`` for settings that can't be changed.
  public func updateStream(_ configuration: StreamConfiguration) async throws(JetStreamError) -> StreamInfo {
    try await update(configuration, over: try await stream(configuration.name))
  }

  /// Creates a stream, or updates it if it differs from `configuration`.
  ///
  /// - Throws: ``JetStreamError/Code/api(_:)`` if it can't be created or updated.
  public func ensureStream(_ configuration: StreamConfiguration) async throws(JetStreamError) -> StreamInfo {
    do throws(JetStreamError) {
      let found = try await stream(configuration.name)
      let wanted = configuration.normalized(after: found.configuration)
      return wanted.isIdentical(to: found.configuration)
        ? found : try await update(configuration, over: found)
    } catch let error where error.code == .notFound {
      do throws(JetStreamError) {
        return try await createStream(configuration)
      } catch let error where error.code == .api(Self.streamInUse) {
        // Another client created it between the two requests.
        return try await updateStream(configuration)
      }
    }
  }

  private static let streamInUse = 10058

  private func update(
    _ configuration: StreamConfiguration, over found: StreamInfo
  ) async throws(JetStreamError) -> StreamInfo {
    StreamInfo(
      try await request(
        "STREAM.UPDATE.\(configuration.name)", configuration.json(over: found.rawConfiguration),
        about: "stream \(configuration.name)"))
  }

  /// Returns the names of all streams, or of those with messages on `subject` (may contain wildcards).
  public func streamNames(subject: String? = nil) async throws(JetStreamError) -> [String] {
    var pages = Pages()
    var names: [String] = []
    while let offset = pages.next {
      var body: JSONObject = ["offset": JSONValue(offset)]
      body.append("subject", ifPresent: subject.map { .string($0) })
      let reply = try await request("STREAM.NAMES", body, about: "the streams")
      let page = reply.texts("streams")
      names += page
      pages.received(page.count, of: reply.count("total"))
    }
    return names
  }

  /// Deletes a stream and its messages.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func deleteStream(_ name: String) async throws(JetStreamError) {
    try Name.check(name, of: "stream")
    _ = try await request("STREAM.DELETE.\(name)", about: "stream \(name)", isRepeatable: false)
  }

  /// Removes all messages of a stream, or those on `subject` (may contain wildcards).
  ///
  /// - Parameter sequence: the sequence of the first message to keep; nil removes all.
  /// - Returns: the number of removed messages.
  @discardableResult
  public func purgeStream(
    _ name: String, subject: String? = nil, before sequence: UInt64? = nil
  ) async throws(JetStreamError) -> UInt64 {
    try Name.check(name, of: "stream")
    var body = JSONObject()
    body.append("filter", ifPresent: subject.map { .string($0) })
    body.append("seq", ifPresent: sequence.map { JSONValue($0) })
    let reply = try await request(
      "STREAM.PURGE.\(name)", body.isEmpty ? nil : body, about: "stream \(name)", isRepeatable: false)
    return reply.sequence("purged")
  }
}
