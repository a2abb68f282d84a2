/// The times that decide which figures a sampler gives.
enum SamplingRules {
  /// A shorter window than this says more about clock ticks than about the machine.
  static let shortestWindow = 0.2
  /// A longer window than this says nothing about now.
  static let longestWindow = 60.0
}
