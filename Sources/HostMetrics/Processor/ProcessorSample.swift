/// The processor lines of `/proc/stat` at one point in time.
package struct ProcessorSample: Sendable, Equatable {
  /// The times of all processors together.
  package var total = ProcessorTimes()
  /// The times of each online processor.
  package var cores: [Core] = []

  package struct Core: Sendable, Equatable {
    package var id: Int
    package var times: ProcessorTimes
  }

  package init() {}

  /// Parses the lines; `nil` without the line of all processors. Truncated lines are skipped.
  package init?(_ content: ByteScanner) {
    var content = content
    guard var first = content.line(), first.take("cpu "), let total = ProcessorTimes(&first) else {
      return nil
    }
    self.total = total
    while var line = content.line(), line.take("cpu") {
      guard let id = line.number(), let times = ProcessorTimes(&line) else { continue }
      cores.append(Core(id: Int(id), times: times))
    }
  }

  /// The usage of all processors and of each since an earlier sample. A processor that was offline in that sample reports 0.
  package func usage(since earlier: ProcessorSample) -> CPUUsage {
    var usage = CPUUsage(
      usagePercent: total.usagePercent(since: earlier.total), coreCount: cores.count)
    usage.cores.reserveCapacity(cores.count)
    var hint = 0
    for core in cores {
      if hint >= earlier.cores.count || earlier.cores[hint].id != core.id {
        hint = earlier.cores.firstIndex { $0.id == core.id } ?? earlier.cores.count
      }
      let percent =
        hint < earlier.cores.count ? core.times.usagePercent(since: earlier.cores[hint].times) : 0
      usage.cores.append(CoreUsage(id: core.id, usagePercent: percent))
      hint += 1
    }
    return usage
  }

  /// The usage since boot, reported without an earlier sample, as in the first line of vmstat(8).
  package func usageSinceBoot() -> CPUUsage {
    var boot = ProcessorSample()
    boot.cores = cores.map { Core(id: $0.id, times: ProcessorTimes()) }
    return usage(since: boot)
  }
}

extension CPUUsage {
  /// Parses the load averages over 1, 5 and 15 minutes (proc_loadavg(5)); `nil` if one is missing.
  package static func loadAverages(_ content: ByteScanner) -> [Double]? {
    var content = content
    guard let one = content.fraction(), let five = content.fraction(), let fifteen = content.fraction()
    else { return nil }
    return [hundredths(one), hundredths(five), hundredths(fifteen)]
  }
}
