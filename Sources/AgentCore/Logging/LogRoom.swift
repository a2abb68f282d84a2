/// Decides which lines a bounded queue keeps when its reader is slow: a pure value.
///
/// Expendable lines may fill half of the queue. Losing one closes the queue only to other expendable lines, so that a flood of
/// them leaves room for the lines that have to be on record.
struct LogRoom {
  private let capacity: Int
  /// Lines lost since the loss was last reported.
  private(set) var lost = 0
  /// A line that is not expendable was lost. A gap is one gap: nothing is kept until the loss is reported.
  private var hasGap = false

  /// - Parameter capacity: The most bytes that wait.
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Whether a line of `size` bytes is kept beside `waiting` bytes; if not, it is counted.
  mutating func admits(_ size: Int, beside waiting: Int, isExpendable: Bool) -> Bool {
    let limit = isExpendable ? capacity / 2 : capacity
    let isClosed = isExpendable ? lost > 0 : hasGap
    if !isClosed, waiting + size <= limit { return true }
    lost += 1
    if !isExpendable { hasGap = true }
    return false
  }

  /// Counts lines that an error of the output has cost.
  mutating func lose(_ count: Int) {
    lost += count
    hasGap = true
  }

  /// The number of lost lines, which is reported now.
  mutating func takeLost() -> Int {
    defer {
      lost = 0
      hasGap = false
    }
    return lost
  }
}
