import JSON

/// A wish for messages (ADR-13).
struct PullRequest: Hashable {
  /// Messages.
  var batch: Int
  /// Bytes of them, where there is a limit.
  var maxBytes: Int?
  /// How long the server keeps it; zero for no waiting at all.
  var expires: Duration
  /// How often the server says that it still has it; zero for never.
  var heartbeat: Duration

  /// The longest pause between two signs of life that is taken for one.
  static let longestHeartbeat = Duration.seconds(5)

  /// A heartbeat that the server takes together with `expires`: at most half of it.
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
