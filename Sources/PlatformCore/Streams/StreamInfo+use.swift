import JetStream

extension StreamInfo {
  /// The used part of the size limit in percent, 0 to 100; nil without a limit.
  var usedPercent: Double? {
    guard configuration.maxBytes > 0 else { return nil }
    return min(100, Double(state.bytes) * 100 / Double(configuration.maxBytes))
  }
}
