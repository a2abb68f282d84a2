/// The clock ticks a processor has spent since boot, a column of `/proc/stat` each (proc_stat(5)).
struct ProcessorTimes: Sendable, Equatable {
  /// user, nice, system, idle, iowait, irq, softirq, steal; guest columns are part of user and nice.
  private(set) var columns: InlineArray<8, UInt64> = .init(repeating: 0)

  /// Reads the columns that a line has after its name; old kernels have fewer.
  init?(_ line: inout ByteScanner) {
    for index in 0..<8 {
      guard let ticks = line.number() else {
        guard index >= 4 else { return nil }
        break
      }
      columns[index] = ticks
    }
  }

  init() {}

  /// Share of the time since an earlier reading that was not idle. Each column that went back counts 0:
  /// idle and iowait do go back by a few ticks on a healthy machine.
  func usagePercent(since earlier: ProcessorTimes) -> Double {
    var busy = 0.0
    var total = 0.0
    for index in 0..<8 {
      let ticks = Double(increase(from: earlier.columns[index], to: columns[index]))
      total += ticks
      if index != 3, index != 4 { busy += ticks }
    }
    return percentage(busy, of: total)
  }

  static func == (left: ProcessorTimes, right: ProcessorTimes) -> Bool {
    (0..<8).allSatisfy { left.columns[$0] == right.columns[$0] }
  }
}
