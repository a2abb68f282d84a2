import Glibc

/// Formats numbers, sizes and times.
enum NumberFormat {
  /// `12.5 %`
  static func percent(_ value: Double?) -> String? {
    value.map { "\(tenths($0)) %" }
  }

  /// `538.5 MiB`
  static func bytes(_ count: Double) -> String {
    var value = max(count, 0)
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
      if value < 1023.95 { return unit == "B" ? "\(whole(value)) B" : "\(tenths(value)) \(unit)" }
      value /= 1024
    }
    return "\(tenths(value)) PiB"
  }

  /// `1.2 MiB/s`
  static func rate(_ bytesPerSecond: Double) -> String { bytes(bytesPerSecond) + "/s" }

  /// `3 s`, `5 min`, `2 h`, `3 d`: rounded down to the largest unit that fits.
  static func duration(_ seconds: Double) -> String {
    let seconds = seconds.isFinite ? min(max(seconds, 0), 1e12) : 0
    switch seconds {
    case ..<60: return "\(whole(seconds)) s"
    case ..<3600: return "\(whole((seconds / 60).rounded(.down))) min"
    case ..<86_400: return "\(whole((seconds / 3600).rounded(.down))) h"
    default: return "\(whole((seconds / 86_400).rounded(.down))) d"
    }
  }

  /// The time since `time` (unix seconds): `3 s`.
  static func age(of time: Double?, now: Double) -> String? {
    time.map { duration(now - $0) }
  }

  /// `2026-11-24 17:33:07` in the operator's time zone.
  static func time(_ unixSeconds: Double) -> String {
    guard let parts = local(unixSeconds) else { return "-" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) \(clock(parts))"
  }

  /// `17:33:07` in the operator's time zone.
  static func clock(_ unixSeconds: Double) -> String {
    local(unixSeconds).map(clock) ?? "-"
  }

  /// `12.5`, `12` → `12.0`.
  static func tenths(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "-" }
    let scaled = Int64((value * 10).rounded())
    let sign = scaled < 0 ? "-" : ""
    return "\(sign)\(scaled.magnitude / 10).\(scaled.magnitude % 10)"
  }

  private static func whole(_ value: Double) -> String {
    Int64(exactly: value.rounded(.down)).map { "\($0)" } ?? "-"
  }

  private static func local(_ unixSeconds: Double) -> tm? {
    guard unixSeconds.isFinite, unixSeconds.magnitude < 1e11 else { return nil }
    var seconds = time_t(unixSeconds)
    var parts = tm()
    return localtime_r(&seconds, &parts) == nil ? nil : parts
  }

  private static func clock(_ parts: tm) -> String {
    "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }

  private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
