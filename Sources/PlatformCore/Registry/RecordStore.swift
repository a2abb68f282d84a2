import JetStream

/// A bucket with its place in memory.
struct RecordStore<Record: Sendable & Hashable & Codable>: Sendable {
  let bucket: KeyValueBucket
  /// What a record is of, for messages.
  let kind: String
  let cache: any WritableKeyPath<Registry.State, RecordCache<Record>> & Sendable
}
