/// Bounds of the window over which samplers compute rates, in seconds.
enum SamplingRules {
  /// In a shorter window the resolution of the kernel's clock ticks dominates the result.
  static let shortestWindow = 0.2
  /// An average over a longer window does not represent the current load.
  static let longestWindow = 60.0
}
