import JSON

/// A request for messages (ADR-13).
struct PullRequest: Hashable {
  /// Maximum number of messages.
  var batch: Int
  /// Maximum number of bytes; nil for no limit.
  var maxBytes: Int?
  /// Time after which the server expires the request; zero returns only available messages.
  var expires: Duration
  /// Interval of the idle heartbeats; zero for none.
  var heartbeat: Duration

  /// The maximum interval of heartbeats.
  static let longestHeartbeat = Duration.seconds(5)

  /// The heartbeat for an expiry: at most half of it, which is the server's limit.
  static func heartbeat(within expires: Duration) -> Duration {
    let half = expires / 2
    return half < .milliseconds(100) ? .zero : min(half, longestHeartbeat)
  }

  var payload: [UInt8] {
    var object: JSONObject = ["batch": JSONValue(batch)]
    object.append("max_bytes", ifPresent: maxBytes.map { JSONValue($0) })
    if expires > .zero {
      object.append("expires", .nanoseconds(expires))
    } else {
      object.append("no_wait", true)
    }
    if heartbeat > .zero { object.append("idle_heartbeat", .nanoseconds(heartbeat)) }
    return JSONWriter.encode(.object(object))
  }
}
