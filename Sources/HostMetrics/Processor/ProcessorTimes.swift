/// Clock ticks of a processor since boot, one column of `/proc/stat` for each state (proc_stat(5)).
package struct ProcessorTimes: Sendable, Equatable {
  /// user, nice, system, idle, iowait, irq, softirq, steal; guest columns are part of user and nice.
  package private(set) var columns: InlineArray<8, UInt64> = .init(repeating: 0)

  /// Parses the columns after the name of a line. Old kernels write fewer.
  package init?(_ line: inout ByteScanner) {
    for index in 0..<8 {
      guard let ticks = line.number() else {
        guard index >= 4 else { return nil }
        break
      }
      columns[index] = ticks
    }
  }

  package init() {}

  /// Share of the time since an earlier sample that was not idle, 0 to 100. A column that decreased counts as 0:
  /// idle and iowait decrease by a few ticks even on a healthy machine.
  package func usagePercent(since earlier: ProcessorTimes) -> Double {
    var busy = 0.0
    var total = 0.0
    for index in 0..<8 {
      let ticks = Double(increase(from: earlier.columns[index], to: columns[index]))
      total += ticks
      if index != 3, index != 4 { busy += ticks }
    }
    return percentage(busy, of: total)
  }

  package static func == (left: ProcessorTimes, right: ProcessorTimes) -> Bool {
    (0..<8).allSatisfy { left.columns[$0] == right.columns[$0] }
  }
}
