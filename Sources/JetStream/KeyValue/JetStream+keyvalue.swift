extension JetStream {
  /// Creates a bucket, or updates it if it differs from `configuration`.
  ///
  /// - Throws: ``JetStreamError/Code/invalidArgument``; ``JetStreamError/Code/api(_:)`` if it can't be created or updated.
  public func createKeyValue(
    _ configuration: KeyValueConfiguration
  ) async throws(JetStreamError) -> KeyValueBucket {
    guard Name.isBucket(configuration.bucket) else { throw KeyValueBucket.badName(configuration.bucket) }
    guard (1...64).contains(configuration.history) else {
      throw JetStreamError(
        .invalidArgument,
        "bucket \(configuration.bucket) can keep 1 to 64 values of a key, not \(configuration.history)")
    }
    _ = try await ensureStream(configuration.stream)
    return KeyValueBucket(jetStream: self, name: configuration.bucket)
  }

  /// Returns the bucket with a name.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func keyValue(_ bucket: String) async throws(JetStreamError) -> KeyValueBucket {
    guard Name.isBucket(bucket) else { throw KeyValueBucket.badName(bucket) }
    _ = try await stream(KeyValueBucket.stream(of: bucket))
    return KeyValueBucket(jetStream: self, name: bucket)
  }

  /// Deletes a bucket and its keys.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func deleteKeyValue(_ bucket: String) async throws(JetStreamError) {
    guard Name.isBucket(bucket) else { throw KeyValueBucket.badName(bucket) }
    try await deleteStream(KeyValueBucket.stream(of: bucket))
  }
}
