extension [MetricsError] {
  /// Runs a part of a measurement and appends its error, so that the other parts can continue.
  mutating func collect(_ part: () throws(MetricsError) -> Void) {
    do throws(MetricsError) {
      try part()
    } catch {
      append(error)
    }
  }
}
