/// A bar chart on one line.
enum Sparkline {
  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// The last `width` values as bars, the newest on the right, padded with spaces on the left.
  ///
  /// - Parameter ceiling: The value of a full bar, such as 100 for percentages; nil for the largest value shown.
  static func text(_ values: [Double], width: Int, ceiling: Double? = nil) -> String {
    let shown = values.suffix(max(width, 0))
    let top = ceiling ?? shown.max() ?? 0
    let line = shown.map { value -> Character in
      guard top > 0, value > 0, value.isFinite else { return bars[0] }
      let step = Int((value / top * Double(bars.count - 1)).rounded())
      return bars[min(max(step, 0), bars.count - 1)]
    }
    return String(repeating: " ", count: max(width, 0) - line.count) + String(line)
  }
}
