/// A histogram with the buckets of Prometheus.
public struct Histogram: Sendable, Equatable {
  /// Bounds in seconds, from 0.1 ms to the two seconds after which a server gives up.
  public static let latency: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2,
  ]

  /// The upper bounds, ascending and inclusive.
  public let bounds: [Double]
  /// The number of values in each bucket, with one more bucket at the end for values above all bounds.
  public private(set) var counts: [UInt64]
  /// The sum of all values.
  public private(set) var sum: Double

  /// Creates an empty histogram.
  public init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
    sum = 0
  }

  /// The number of values.
  public var count: UInt64 { counts.reduce(0, +) }

  /// Counts a value.
  public mutating func observe(_ value: Double) {
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    counts[index] += 1
    sum += value
  }
}
