import NATS

extension KeyValueBucket {
  /// Gives a key a value.
  ///
  /// - Returns: the number of the change.
  @discardableResult
  public func put(_ key: String, _ value: [UInt8]) async throws(JetStreamError) -> UInt64 {
    try await jetStream.publish(value, to: try subject(key)).sequence
  }

  /// Gives a value to a key that has none, or was deleted.
  ///
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if it has one.
  @discardableResult
  public func create(_ key: String, _ value: [UInt8]) async throws(JetStreamError) -> UInt64 {
    do throws(JetStreamError) {
      return try await update(key, value, revision: 0)
    } catch let error where error.code == .wrongLastSequence {
      guard let last = try await last(key, fromLeader: true), last.operation != .put else { throw error }
      return try await update(key, value, revision: last.revision)
    }
  }

  /// Gives a key another value, if nobody has changed it since.
  ///
  /// - Parameter revision: the number of the key's last change; zero for none.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if there was another change.
  @discardableResult
  public func update(
    _ key: String, _ value: [UInt8], revision: UInt64
  ) async throws(JetStreamError) -> UInt64 {
    try await jetStream.publish(
      value, to: try subject(key), expectations: PublishExpectations(lastSubjectSequence: revision)
    ).sequence
  }

  /// Deletes a key; older values may be left where the bucket keeps a history.
  ///
  /// - Parameter revision: the number of the key's last change, if it is to be the last one still.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if there was another change.
  public func delete(_ key: String, revision: UInt64? = nil) async throws(JetStreamError) {
    try await mark(key, [("KV-Operation", "DEL")], revision)
  }

  /// Deletes a key with all its older values.
  ///
  /// - Parameter revision: the number of the key's last change, if it is to be the last one still.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if there was another change.
  public func purge(_ key: String, revision: UInt64? = nil) async throws(JetStreamError) {
    try await mark(key, [("KV-Operation", "PURGE"), ("Nats-Rollup", "sub")], revision)
  }

  private func mark(
    _ key: String, _ fields: [(String, String)], _ revision: UInt64?
  ) async throws(JetStreamError) {
    let headers: NATSHeaders
    do throws(NATSError) {
      headers = try NATSHeaders(fields)
    } catch {
      throw JetStreamError(error, about: "key \(key) of bucket \(name)")
    }
    try await jetStream.publish(
      [], to: try subject(key), headers: headers,
      expectations: PublishExpectations(lastSubjectSequence: revision))
  }
}
