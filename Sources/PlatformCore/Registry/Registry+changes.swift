import JSON
import JetStream
import Locks
import Logging
import PlatformAPI

extension Registry {
  /// The time for which a change is retried while others change the same record.
  private static let retryTimeout = Duration.seconds(10)

  /// Reads a record from the leader of the bucket's stream.
  func read<Record>(
    _ key: String, _ store: RecordStore<Record>
  ) async throws(APIError) -> (record: Record, revision: UInt64)? {
    let entry: KeyValueEntry?
    do throws(JetStreamError) {
      entry = try await store.bucket.get(key, fromLeader: true)
    } catch {
      throw APIError(.unavailable, "the \(store.kind) can't be looked up now, try again: \(error)")
    }
    guard let entry else { return nil }
    do {
      return (try APICoding.decode(Record.self, from: entry.value), entry.revision)
    } catch {
      throw APIError(
        .unavailable, "the value of key \(key) in bucket \(store.bucket.name) is not a record of this version"
      )
    }
  }

  /// Changes a record by compare-and-set, and retries when it was changed concurrently.
  ///
  /// The audit entry is written before the change, so that there is no change without an entry. A failure after that is audited
  /// as well.
  ///
  /// - Parameters:
  ///   - entry: The audit entry; nil for none.
  ///   - decide: Returns the new record for the current one. An equal record changes nothing.
  func change<Record>(
    _ key: String, _ store: RecordStore<Record>, audited entry: (Record) -> AuditEntry?,
    _ decide: (Record?) throws(APIError) -> Record
  ) async throws(APIError) -> Record {
    var audited: AuditedChange?
    do throws(APIError) {
      let deadline = ContinuousClock.now + Self.retryTimeout
      for attempt in 1... {
        let current = try await read(key, store)
        let record = try decide(current?.record)
        if let current, Self.isSame(current.record, record) {
          updateCache(key, record, current.revision, store)
          return record
        }
        let change: AuditedChange
        if let audited {
          change = audited
        } else if let entry = entry(record) {
          change = try await audit.begin(entry)
        } else {
          change = .step(of: "an enrollment, which is recorded as agents.enroll")
        }
        audited = change
        if let revision = try await write(record, key, store, over: current?.revision, change) {
          updateCache(key, record, revision, store)
          return record
        }
        guard ContinuousClock.now < deadline else { break }
        try await pause(attempt)
      }
      throw APIError(.unavailable, "the \(store.kind) is being changed by too many at a time; try again")
    } catch {
      audited?.failed(error, at: now(), in: audit)
      throw error
    }
  }

  /// Deletes a record if it exists, and retries when it was changed concurrently.
  ///
  /// - Parameter entry: The audit entry; nil for a step of a change that is audited already.
  func remove<Record>(
    _ key: String, _ store: RecordStore<Record>, audited entry: (Record) -> AuditEntry?,
    check: (Record) throws(APIError) -> Void
  ) async throws(APIError) -> Record? {
    var audited: AuditedChange?
    do throws(APIError) {
      let deadline = ContinuousClock.now + Self.retryTimeout
      for attempt in 1... {
        guard let current = try await read(key, store) else { return nil }
        try check(current.record)
        if audited == nil, let entry = entry(current.record) { audited = try await audit.begin(entry) }
        do throws(JetStreamError) {
          try await store.bucket.delete(key, revision: current.revision)
          notify(
            state.withLock { $0[keyPath: store.cache].deleteLocally(key, after: current.revision) }, store)
          return current.record
        } catch {
          guard error.code == .wrongLastSequence else { throw Self.unavailable(store, error) }
        }
        guard ContinuousClock.now < deadline else { break }
        try await pause(attempt)
      }
      throw APIError(.unavailable, "the \(store.kind) is being changed by too many at a time; try again")
    } catch {
      audited?.failed(error, at: now(), in: audit)
      throw error
    }
  }

  /// Writes a record over a revision.
  ///
  /// - Returns: The new revision; nil when the record was changed concurrently.
  private func write<Record>(
    _ record: Record, _ key: String, _ store: RecordStore<Record>, over revision: UInt64?,
    _ change: AuditedChange
  ) async throws(APIError) -> UInt64? {
    let bytes: [UInt8]
    do {
      bytes = try APICoding.encode(record)
    } catch {
      throw APIError(.invalid, "the \(store.kind) can't be stored")
    }
    guard bytes.count <= RegistryBuckets.maximumValueSize else {
      throw APIError(
        .invalid, "the record of the \(store.kind) would be too large: use fewer or shorter labels")
    }
    do throws(JetStreamError) {
      if let revision { return try await store.bucket.update(key, bytes, revision: revision) }
      return try await store.bucket.create(key, bytes)
    } catch {
      if error.code == .wrongLastSequence { return nil }
      // The write may have been committed and its acknowledgement lost.
      if error.code == .timeout, let stored = try await read(key, store), Self.isSame(stored.record, record) {
        return stored.revision
      }
      throw Self.unavailable(store, error)
    }
  }

  /// Whether two records are equal, also by the bytes of their texts: a label may change from one Unicode normalization to another.
  private static func isSame<Record: Hashable & Encodable>(_ left: Record, _ right: Record) -> Bool {
    guard left == right else { return false }
    do { return try APICoding.encode(left) == APICoding.encode(right) } catch { return false }
  }

  private static func unavailable<Record>(_ store: RecordStore<Record>, _ error: JetStreamError) -> APIError {
    APIError(.unavailable, "the \(store.kind) can't be changed now, try again: \(error)")
  }

  /// Backs off with full jitter, which grows with the number of attempts.
  private func pause(_ attempt: Int) async throws(APIError) {
    do {
      try await Task.sleep(for: .milliseconds(Int.random(in: 1...(8 * min(attempt, 16)))))
    } catch {
      throw APIError(.unavailable, "the platform is stopping; try again")
    }
  }
}
