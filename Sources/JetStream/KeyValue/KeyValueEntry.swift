import NATS

/// A change of a key: a value or a deletion.
public struct KeyValueEntry: Sendable, Hashable {
  /// The operation of a change.
  public enum Operation: Sendable, Hashable {
    /// The value was set.
    case put
    /// The key was deleted. Previous values may remain.
    case delete
    /// The key was deleted with its previous values, or it expired.
    case purge
  }

  /// The key.
  public var key: String
  /// The value; empty for a deletion.
  public var value: [UInt8]
  /// The revision of the change in the bucket.
  public var revision: UInt64
  /// The operation.
  public var operation: Operation
  /// The time of the change, in Unix seconds.
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
