extension [MetricsError] {
  /// Runs a part of a measurement; its failure is noted and the rest goes on.
  mutating func collect(_ part: () throws(MetricsError) -> Void) {
    do throws(MetricsError) {
      try part()
    } catch {
      append(error)
    }
  }
}
