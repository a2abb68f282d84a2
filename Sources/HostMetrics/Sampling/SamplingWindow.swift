/// The window since a baseline, and whether rates can be computed over it.
package enum SamplingWindow: Sendable, Equatable {
  /// In a shorter window, in seconds, the resolution of the kernel's clock ticks dominates the result.
  package static let shortest = 0.2
  /// An average over a longer window, in seconds, does not represent the current load.
  package static let longest = 60.0

  /// There is no baseline, or it is too old.
  case expired
  /// The window is too short. The value is the number of seconds until it is complete.
  case incomplete(remaining: Double)
  /// Rates can be computed.
  case complete

  /// The window from a baseline to the current time.
  package init(since baseline: MonotonicTime?, at now: MonotonicTime) {
    guard let baseline else {
      self = .expired
      return
    }
    let age = now.seconds(since: baseline)
    if age > Self.longest {
      self = .expired
    } else if age < Self.shortest {
      self = .incomplete(remaining: Self.shortest - age)
    } else {
      self = .complete
    }
  }
}

/// The baseline of periodic samples: the counters of the last sample, and the rates of the window that ended with it.
package struct Baseline<Sample, Rates> {
  private var last: (sample: Sample, time: MonotonicTime, rates: Rates?)?

  package init() {}

  /// The rates to report for a new sample.
  ///
  /// Normally they are those of the window since the last sample, and the new sample becomes the baseline. In a window shorter than
  /// ``SamplingWindow/shortest`` the previous rates are repeated and the baseline stays. If there are none, those of the short window
  /// are returned.
  ///
  /// - Parameter compute: computes the rates since an earlier sample; nil for the first one.
  package mutating func rates(
    of sample: Sample, at now: MonotonicTime, compute: (Sample?) -> Rates?
  ) -> Rates? {
    if let last, now.seconds(since: last.time) < SamplingWindow.shortest {
      return last.rates ?? compute(last.sample)
    }
    let rates = compute(last?.sample)
    last = (sample, now, rates)
    return rates
  }
}
