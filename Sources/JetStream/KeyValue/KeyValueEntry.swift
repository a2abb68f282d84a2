import NATS

/// A value of a key, or the word that it was deleted.
public struct KeyValueEntry: Sendable, Hashable {
  /// What was done to the key.
  public enum Operation: Sendable, Hashable {
    /// It was given a value.
    case put
    /// It was deleted; older values may be left.
    case delete
    /// It was deleted with all its older values, or its time was over.
    case purge
  }

  /// The key.
  public var key: String
  /// The value; empty where it was deleted.
  public var value: [UInt8]
  /// The number of this change in the bucket.
  public var revision: UInt64
  /// What was done.
  public var operation: Operation
  /// When, in Unix seconds.
  public var time: Double
}

extension KeyValueEntry.Operation {
  init(_ headers: NATSHeaders?) {
    switch (headers?["KV-Operation"], headers?["Nats-Marker-Reason"]) {
    case ("DEL", _), (_, "Remove"): self = .delete
    case ("PURGE", _), (_, "MaxAge"), (_, "Purge"): self = .purge
    default: self = .put
    }
  }
}
