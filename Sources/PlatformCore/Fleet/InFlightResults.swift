import Locks

/// A result that was read from a stream.
struct InFlightResult: Sendable {
  fileprivate let sequence: UInt64
  fileprivate let results: InFlightResults

  /// It was dealt with.
  func complete() { results.complete(sequence) }
}

/// The results that were read from a stream and are not dealt with yet, by their sequence.
final class InFlightResults: Sendable {
  private let sequences = Locked<Set<UInt64>>([])

  /// A result was read. To be called before the stream counts as read up to it.
  func begin(_ sequence: UInt64) -> InFlightResult {
    sequences.withLock { _ = $0.insert(sequence) }
    return InFlightResult(sequence: sequence, results: self)
  }

  fileprivate func complete(_ sequence: UInt64) { sequences.withLock { _ = $0.remove(sequence) } }

  /// The last message up to which everything is dealt with, given that all up to `sequence` are read.
  func checkpoint(upTo sequence: UInt64) -> UInt64 {
    sequences.withLock { sequences in
      guard let first = sequences.min(), first <= sequence else { return sequence }
      return first - 1
    }
  }
}
