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
      // Clamped before the conversion, which traps on a number that no Int holds.
      return bars[Int((min(value / top, 1) * Double(bars.count - 1)).rounded())]
    }
    return String(repeating: " ", count: max(width, 0) - line.count) + String(line)
  }
}
