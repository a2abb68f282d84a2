/// The processor lines of `/proc/stat` at one point in time.
struct ProcessorSample: Sendable, Equatable {
  /// The times of all processors together.
  var total = ProcessorTimes()
  /// The times of each online processor.
  var cores: [Core] = []

  struct Core: Sendable, Equatable {
    var id: Int
    var times: ProcessorTimes
  }

  init() {}

  /// Parses the lines; `nil` without the line of all processors. Truncated lines are skipped.
  init?(_ content: ByteScanner) {
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
  func usage(since earlier: ProcessorSample) -> CPUUsage {
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
  func usageSinceBoot() -> CPUUsage {
    var boot = ProcessorSample()
    boot.cores = cores.map { Core(id: $0.id, times: ProcessorTimes()) }
    return usage(since: boot)
  }
}
