/// Decides which lines a bounded queue drops when its reader is slow. No I/O.
///
/// Expendable lines may use half of the capacity. After one is dropped, all further expendable lines are dropped until the loss
/// is reported. A flood of them thereby leaves room for the lines that must be kept.
struct LogDropPolicy {
  private let capacity: Int
  /// The lines lost since the last report.
  private(set) var lost = 0
  /// Whether a line was lost that is not expendable. All lines are then dropped until the loss is reported, so that there is a
  /// single gap.
  private var hasGap = false

  /// - Parameter capacity: The maximum size of the queue, in bytes.
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Whether to keep a line of `size` bytes in a queue with `waiting` bytes. A dropped line is counted.
  mutating func admits(_ size: Int, beside waiting: Int, isExpendable: Bool) -> Bool {
    let limit = isExpendable ? capacity / 2 : capacity
    let isClosed = isExpendable ? lost > 0 : hasGap
    if !isClosed, waiting + size <= limit { return true }
    lost += 1
    if !isExpendable { hasGap = true }
    return false
  }

  /// Counts lines that were lost by a write error.
  mutating func lose(_ count: Int) {
    lost += count
    hasGap = true
  }

  /// Returns the number of lost lines and resets it; the caller reports the loss.
  mutating func takeLost() -> Int {
    defer {
      lost = 0
      hasGap = false
    }
    return lost
  }
}
