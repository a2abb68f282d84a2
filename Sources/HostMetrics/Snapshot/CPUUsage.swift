/// Processor usage over a window.
///
/// Busy time is user, nice, system, irq, softirq and steal; idle time is idle and iowait. Guest time is
/// part of user and nice already (proc_stat(5)), so it is not added again.
public struct CPUUsage: Sendable, Equatable {
  /// Share of the time of all processors that was not idle, 0 to 100.
  public var usagePercent: Double
  /// Number of online processors.
  public var coreCount: Int
  /// Run-queue averages over 1, 5 and 15 minutes; always three numbers.
  public var loadAverage: [Double]
  /// Usage of each online processor. The numbers of offline processors are absent.
  public var cores: [CoreUsage]

  /// Creates a usage.
  public init(
    usagePercent: Double = 0, coreCount: Int = 0, loadAverage: [Double] = [0, 0, 0],
    cores: [CoreUsage] = []
  ) {
    self.usagePercent = usagePercent
    self.coreCount = coreCount
    self.loadAverage = loadAverage
    self.cores = cores
  }
}

/// Usage of one processor over a window.
public struct CoreUsage: Sendable, Equatable {
  /// The number of the processor.
  public var id: Int
  /// Share of its time that was not idle, 0 to 100.
  public var usagePercent: Double

  /// Creates a usage.
  public init(id: Int, usagePercent: Double) {
    self.id = id
    self.usagePercent = usagePercent
  }
}
