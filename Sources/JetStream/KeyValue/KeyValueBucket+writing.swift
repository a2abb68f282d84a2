import NATS

extension KeyValueBucket {
  /// Sets the value of a key.
  ///
  /// - Returns: the revision of the change.
  @discardableResult
  public func put(_ key: String, _ value: [UInt8]) async throws(JetStreamError) -> UInt64 {
    try await jetStream.publish(value, to: try subject(key)).sequence
  }

  /// Sets the value of a key that does not exist or was deleted.
  ///
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if the key exists.
  @discardableResult
  public func create(_ key: String, _ value: [UInt8]) async throws(JetStreamError) -> UInt64 {
    do throws(JetStreamError) {
      return try await update(key, value, revision: 0)
    } catch let error where error.code == .wrongLastSequence {
      guard let last = try await last(key, fromLeader: true), last.operation != .put else { throw error }
      return try await update(key, value, revision: last.revision)
    }
  }

  /// Sets the value of a key if it has not changed since a revision.
  ///
  /// - Parameter revision: the expected revision of the key; zero for none.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if the key has another revision.
  @discardableResult
  public func update(
    _ key: String, _ value: [UInt8], revision: UInt64
  ) async throws(JetStreamError) -> UInt64 {
    try await jetStream.publish(
      value, to: try subject(key), expectations: PublishExpectations(lastSubjectSequence: revision)
    ).sequence
  }

  /// Deletes a key. Previous values may remain in the history of the bucket.
  ///
  /// - Parameter revision: the expected revision of the key; nil to delete any.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if the key has another revision.
  public func delete(_ key: String, revision: UInt64? = nil) async throws(JetStreamError) {
    try await mark(key, [("KV-Operation", "DEL")], revision)
  }

  /// Deletes a key and its previous values.
  ///
  /// - Parameter revision: the expected revision of the key; nil to delete any.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if the key has another revision.
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
