import JSON
import PlatformAPI

/// Which entries of the audit record are wanted. A pure value.
struct AuditFilter: Sendable {
  /// What they are about, as their object or as `agent` or `command` of their details; nil = everything.
  var objects: Set<String>?
  /// The operator, or `platform`; nil = all.
  var by: String?
  /// The action; nil = all.
  var action: SelectorPattern?
  /// Unix seconds; nil = from the beginning.
  var since: Double?

  /// By how many seconds the clocks of servers and platform may differ.
  private static let clockTolerance: Double = 60

  /// The longest time that can be looked back, in seconds: ten years.
  private static let longestSince: Int64 = 3_650 * 86_400

  init(objects: Set<String>? = nil) { self.objects = objects }

  /// The filter of a request at `now` (unix seconds).
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
      throw APIError(.invalid, "since_s goes from 1 to \(Self.longestSince), not \(since)")
    }
    objects = request.object.map { [$0, $0.lowercased()] }
    by = request.by
    action = request.action.map(SelectorPattern.init)
    since = request.sinceS.map { now - Double($0) }
  }

  /// Whether every entry is wanted.
  var picksAll: Bool { objects == nil && by == nil && action == nil && since == nil }

  /// Whether an entry is wanted.
  func matches(_ entry: AuditEntry) -> Bool {
    if let since, entry.at < since { return false }
    if let by, entry.by != by { return false }
    if let action, !action.matches(entry.action) { return false }
    return objects.map { Self.isAbout($0, entry) } ?? true
  }

  /// Whether an entry that reached the record at a time (unix seconds), and all before it, are from before ``since``.
  func isTooOld(_ time: Double) -> Bool {
    since.map { time + Self.clockTolerance < $0 } ?? false
  }

  private static func isAbout(_ objects: Set<String>, _ entry: AuditEntry) -> Bool {
    if objects.contains(entry.object) { return true }
    guard let details = entry.details.objectValue else { return false }
    return ["agent", "command"].contains { key in
      details[key]?.stringValue.map(objects.contains) ?? false
    }
  }
}
