/// A writer of Prometheus' text format, version 0.0.4.
public struct MetricsText: Sendable {
  /// The value of `Content-Type`.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The text written so far.
  public private(set) var text = ""

  /// Creates an empty text.
  public init() {}

  /// Writes a metric with its samples; nothing if there are none.
  public mutating func add(_ metric: PlatformMetric, _ samples: [(labels: [(String, String)], value: Double)])
  {
    guard !samples.isEmpty else { return }
    head(metric)
    for sample in samples { line(metric.rawValue, sample.labels, sample.value) }
  }

  /// Writes a metric with one sample.
  public mutating func add(_ metric: PlatformMetric, _ value: Double) {
    add(metric, [([], value)])
  }

  /// Writes a metric with a sample for each value of a label.
  public mutating func add(_ metric: PlatformMetric, by label: String, _ values: [String: Double]) {
    add(metric, values.sorted { $0.key < $1.key }.map { ([(label, $0.key)], $0.value) })
  }

  /// Writes a histogram.
  public mutating func add(_ metric: PlatformMetric, _ histogram: Histogram) {
    head(metric)
    var count: UInt64 = 0
    for (bound, below) in zip(histogram.bounds, histogram.counts) {
      count += below
      line(metric.rawValue + "_bucket", [("le", "\(bound)")], Double(count))
    }
    line(metric.rawValue + "_bucket", [("le", "+Inf")], Double(histogram.count))
    line(metric.rawValue + "_sum", [], histogram.sum)
    line(metric.rawValue + "_count", [], Double(histogram.count))
  }

  private mutating func head(_ metric: PlatformMetric) {
    text += "# HELP \(metric.rawValue) \(metric.help)\n# TYPE \(metric.rawValue) \(metric.kind)\n"
  }

  private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
    }
    text += " \(Self.number(value))\n"
  }

  /// Formats a number, whole ones without a fraction.
  private static func number(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return "\(whole)" }
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return "\(value)"
  }

  /// Escapes bytes, not characters: a quotation mark or line feed may be part of a larger character.
  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes += Array(#"\\"#.utf8)
      case UInt8(ascii: "\""): bytes += Array(#"\""#.utf8)
      case UInt8(ascii: "\n"): bytes += Array(#"\n"#.utf8)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
