import Encoding

/// A key-value bucket. Each change has a revision (ADR-8).
public struct KeyValueBucket: Sendable {
  let jetStream: JetStream
  /// The name.
  public let name: String

  static func stream(of bucket: String) -> String { "KV_\(bucket)" }

  /// The prefix of the subjects of its keys.
  static func prefix(of bucket: String) -> String { "$KV.\(bucket)." }

  static func badName(_ name: String) -> JetStreamError {
    JetStreamError(.invalidArgument, "no bucket can be named \(name.prefix(bytes: 100).debugDescription)")
  }

  var stream: String { Self.stream(of: name) }

  var prefix: String { Self.prefix(of: name) }

  /// The subject of a key.
  func subject(_ key: String) throws(JetStreamError) -> String {
    guard Name.isKey(key) else {
      throw JetStreamError(
        .invalidArgument, "bucket \(name) can hold no key \(key.prefix(bytes: 100).debugDescription)")
    }
    return prefix + key
  }

  /// The key of a subject, by bytes; nil if the subject belongs to another bucket.
  static func key(ofSubject subject: String, in bucket: String) -> String? {
    let prefix = prefix(of: bucket).utf8
    guard subject.utf8.starts(with: prefix) else { return nil }
    return String(Substring(subject.utf8.dropFirst(prefix.count)))
  }

  /// Returns the state of the underlying stream.
  ///
  /// - Throws: ``JetStreamError/Code/notFound`` if it was deleted.
  public func state() async throws(JetStreamError) -> StreamState {
    try await jetStream.stream(stream).state
  }

  // MARK: Reading

  /// Returns the value of a key; nil if it does not exist or was deleted.
  ///
  /// - Parameter fromLeader: whether to read from the leader, which has all acknowledged changes. Otherwise any replica of the
  ///   bucket may respond, which may be behind the leader.
  public func get(_ key: String, fromLeader: Bool = false) async throws(JetStreamError) -> KeyValueEntry? {
    let entry = try await last(key, fromLeader: fromLeader)
    return entry?.operation == .put ? entry : nil
  }

  /// The last change of a key, including deletions; nil if there is none.
  func last(_ key: String, fromLeader: Bool) async throws(JetStreamError) -> KeyValueEntry? {
    let subject = try subject(key)
    guard
      let message = try await jetStream.getLastMessage(
        stream: stream, subject: subject, fromLeader: fromLeader)
    else { return nil }
    return KeyValueEntry(
      key: key, value: message.payload, revision: message.sequence, operation: .init(message.headers),
      time: message.time)
  }

  /// Returns the existing keys in undefined order.
  ///
  /// - Parameter pattern: a pattern of keys, with the wildcards of subjects.
  public func keys(_ pattern: String = ">") async throws(JetStreamError) -> [String] {
    var keys: Set<ExactString> = []
    for try await element in watch(pattern, options: WatchOptions(headersOnly: true)) {
      switch element {
      case .entry(let entry):
        let key = ExactString(entry.key)
        if entry.operation == .put { keys.insert(key) } else { keys.remove(key) }
      case .current: return keys.map(\.text)
      }
    }
    throw JetStreamError(
      .cancelled, "the keys of bucket \(name) were not all read: the client or the task ended")
  }

  /// The current values, followed by all changes: in order and across reconnects and restarts of servers. Only changes that the
  /// bucket no longer stores are missing.
  ///
  /// - Parameter keys: a pattern of keys, with the wildcards of subjects.
  public func watch(_ keys: String = ">", options: WatchOptions = .init()) -> KeyValueWatch {
    KeyValueWatch(bucket: self, keys: keys, options: options)
  }
}
