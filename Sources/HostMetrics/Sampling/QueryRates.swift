/// The counters that queries are computed from, at one point in time.
package struct CounterSample: Sendable {
  package var time: MonotonicTime
  package var processors: Result<ProcessorSample, MetricsError>
  package var disks: Result<DiskSample, MetricsError>

  package init(
    time: MonotonicTime, processors: Result<ProcessorSample, MetricsError>,
    disks: Result<DiskSample, MetricsError>
  ) {
    self.time = time
    self.processors = processors
    self.disks = disks
  }
}

/// The rates of one window between two samples.
package struct QueryRates: Sendable {
  package var cpu: Result<CPUUsage, MetricsError>
  package var traffic: [DeviceNumber: DiskIO] = [:]
  package var problems: [MetricsError] = []

  /// Computes the rates. Without processor times in the earlier sample the usage is that since boot.
  package init(
    from earlier: CounterSample, to later: CounterSample, loadAverage: Result<[Double], MetricsError>
  ) {
    cpu = later.processors.map { sample in
      guard case .success(let before) = earlier.processors else { return sample.usageSinceBoot() }
      return sample.usage(since: before)
    }
    switch loadAverage {
    case .success(let averages):
      cpu = cpu.map { usage in
        var usage = usage
        usage.loadAverage = averages
        return usage
      }
    case .failure(let error): problems.append(error)
    }
    switch later.disks {
    case .success(let sample):
      if case .success(let before) = earlier.disks { traffic = sample.traffic(since: before) }
    case .failure(let error): problems.append(error)
    }
  }
}
