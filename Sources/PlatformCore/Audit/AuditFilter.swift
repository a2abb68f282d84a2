import Encoding
import JSON
import PlatformAPI

/// Filter of entries of the audit record.
struct AuditFilter: Sendable {
  /// The objects: an entry's object, or the `agent` or `command` of its details; nil: all.
  var objects: Set<ExactString>?
  /// The operator, or `platform`; nil: all.
  var by: String?
  /// The action; nil: all.
  var action: SelectorPattern?
  /// The earliest time in unix seconds; nil: without limit.
  var since: Double?

  /// The largest difference between the clocks of servers and platform, in seconds.
  private static let clockTolerance: Double = 60

  /// The longest look back, in seconds: ten years.
  private static let longestSince: Int64 = 3_650 * 86_400

  init(objects: Set<String>? = nil) {
    self.objects = objects.map { Set($0.map { ExactString($0) }) }
  }

  /// Creates the filter of a request received at `now` (unix seconds).
  ///
  /// - Throws: `invalid`.
  init(_ request: Requests.ListAudit, at now: Double) throws(APIError) {
    func check(_ name: String, _ value: String?) throws(APIError) {
      guard let value, !(1...256).contains(value.utf8.count) else { return }
      throw APIError(.invalid, "\(name) has 1 to 256 bytes")
    }
    try check("object", request.object)
    try check("by", request.by)
    try check("action", request.action)
    if let since = request.sinceS, !(1...Self.longestSince).contains(since) {
      throw APIError(.invalid, "since_s must be from 1 to \(Self.longestSince), not \(since)")
    }
    objects = request.object.map { [ExactString($0), ExactString($0.asciiLowercased)] }
    by = request.by
    action = request.action.map(SelectorPattern.init)
    since = request.sinceS.map { now - Double($0) }
  }

  /// Whether the filter matches every entry.
  var picksAll: Bool { objects == nil && by == nil && action == nil && since == nil }

  /// Whether an entry matches.
  func matches(_ entry: AuditEntry) -> Bool {
    if let since, entry.at < since { return false }
    if let by, !entry.by.hasSameBytes(as: by) { return false }
    if let action, !Self.matches(action, entry.action) { return false }
    return objects.map { Self.isAbout($0, entry) } ?? true
  }

  /// Whether an entry that was stored at a time (unix seconds), and all entries before it, are older than ``since``.
  func isTooOld(_ time: Double) -> Bool {
    since.map { time + Self.clockTolerance < $0 } ?? false
  }

  /// Whether an action matches, in the spelling of the record or in that of ``APIMethod/name``.
  private static func matches(_ pattern: SelectorPattern, _ action: String) -> Bool {
    pattern.matches(action) || APIMethod(name: action).map { pattern.matches($0.name) } ?? false
  }

  private static func isAbout(_ objects: Set<ExactString>, _ entry: AuditEntry) -> Bool {
    if objects.contains(ExactString(entry.object)) { return true }
    guard let details = entry.details.objectValue else { return false }
    return ["agent", "command"].contains { key in
      details[key]?.stringValue.map { objects.contains(ExactString($0)) } ?? false
    }
  }
}
