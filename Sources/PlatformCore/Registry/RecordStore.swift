import JetStream

/// A bucket and its cache in ``Registry/State``.
struct RecordStore<Record: Sendable & Hashable & Codable>: Sendable {
  let bucket: KeyValueBucket
  /// The kind of record, for messages.
  let kind: String
  let cache: any WritableKeyPath<Registry.State, RecordCache<Record>> & Sendable
}
