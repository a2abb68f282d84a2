import JSON

extension JetStream {
  /// The stream of this name.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func stream(_ name: String) async throws(JetStreamError) -> StreamInfo {
    try Name.check(name, of: "stream")
    let info = StreamInfo(try await request("STREAM.INFO.\(name)", about: "stream \(name)"))
    guard info.configuration.name == name else { throw .unusable("stream \(name)") }
    return info
  }

  /// Makes a stream; one with the same configuration may be there already.
  ///
  /// - Throws: ``JetStreamError/Code/api(_:)`` 10058 if it is there with another one.
  public func createStream(_ configuration: StreamConfiguration) async throws(JetStreamError) -> StreamInfo {
    try Name.check(configuration.name, of: "stream")
    return StreamInfo(
      try await request(
        "STREAM.CREATE.\(configuration.name)", configuration.json, about: "stream \(configuration.name)"))
  }

  /// Changes a stream to what `configuration` says.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``; ``JetStreamError/Code/api(_:)`` for what can't be changed.
  public func updateStream(_ configuration: StreamConfiguration) async throws(JetStreamError) -> StreamInfo {
    try await update(configuration, over: try await stream(configuration.name))
  }

  /// Makes a stream, or changes one that differs from `configuration`.
  ///
  /// - Throws: ``JetStreamError/Code/api(_:)`` for what can't be made or changed.
  public func ensureStream(_ configuration: StreamConfiguration) async throws(JetStreamError) -> StreamInfo {
    do throws(JetStreamError) {
      let found = try await stream(configuration.name)
      let wanted = configuration.normalized(after: found.configuration)
      return wanted == found.configuration ? found : try await update(configuration, over: found)
    } catch let error where error.code == .notFound {
      do throws(JetStreamError) {
        return try await createStream(configuration)
      } catch let error where error.code == .api(Self.streamInUse) {
        // Somebody else made it between the two questions.
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

  /// The names of all streams, or of those that keep messages of `subject` (wildcards are allowed).
  public func streamNames(subject: String? = nil) async throws(JetStreamError) -> [String] {
    var pages = Pages()
    var names: [String] = []
    while let offset = pages.next {
      var body: JSONObject = ["offset": JSONValue(offset)]
      body.append("subject", ifPresent: subject.map { .string($0) })
      let reply = try await request("STREAM.NAMES", body, about: "the streams")
      let page = reply.texts("streams")
      names += page
      pages.took(page.count, of: reply.count("total"))
    }
    return names
  }

  /// Deletes a stream with all that is in it.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func deleteStream(_ name: String) async throws(JetStreamError) {
    try Name.check(name, of: "stream")
    _ = try await request("STREAM.DELETE.\(name)", about: "stream \(name)", isRepeatable: false)
  }

  /// Removes all messages of a stream, or those of `subject` (wildcards are allowed).
  ///
  /// - Parameter sequence: the first message that stays; nil removes all.
  /// - Returns: how many.
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
