import Locks

/// A result that was read from a stream and is being processed.
struct InFlightResult: Sendable {
  fileprivate let sequence: UInt64
  fileprivate let results: InFlightResults

  /// Marks the result as processed.
  func complete() { results.complete(sequence) }
}

/// The results that were read from a stream and are still being processed, by stream sequence.
final class InFlightResults: Sendable {
  private let sequences = Locked<Set<UInt64>>([])

  /// Adds a result. Call it before the stream counts as read up to this sequence.
  func begin(_ sequence: UInt64) -> InFlightResult {
    sequences.withLock { _ = $0.insert(sequence) }
    return InFlightResult(sequence: sequence, results: self)
  }

  fileprivate func complete(_ sequence: UInt64) { sequences.withLock { _ = $0.remove(sequence) } }

  /// The sequence up to which all results are processed, when all messages up to `sequence` were read.
  func checkpoint(upTo sequence: UInt64) -> UInt64 {
    sequences.withLock { sequences in
      guard let first = sequences.min(), first <= sequence else { return sequence }
      return first - 1
    }
  }
}
