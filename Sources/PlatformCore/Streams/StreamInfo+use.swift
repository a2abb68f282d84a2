import JetStream

extension StreamInfo {
  /// How much of its limit of bytes a stream uses, 0 to 100; nil without a limit.
  var usedPercent: Double? {
    guard configuration.maxBytes > 0 else { return nil }
    return min(100, Double(state.bytes) * 100 / Double(configuration.maxBytes))
  }
}
