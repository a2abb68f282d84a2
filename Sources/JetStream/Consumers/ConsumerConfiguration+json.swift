import Encoding
import JSON

extension ConsumerConfiguration {
  /// The configuration for the server.
  func json(name: String) -> JSONObject {
    var object: JSONObject = [
      "name": .string(name), "ack_policy": .string(ackPolicy.rawValue), "replay_policy": "instant",
      "max_deliver": JSONValue(maxDeliver),
    ]
    if isDurable { object.append("durable_name", .string(name)) }
    object.append("description", ifPresent: description.map { .string($0) })
    switch deliverPolicy {
    case .all: object.append("deliver_policy", "all")
    case .last: object.append("deliver_policy", "last")
    case .lastPerSubject: object.append("deliver_policy", "last_per_subject")
    case .new: object.append("deliver_policy", "new")
    case .startSequence(let sequence):
      object.append("deliver_policy", "by_start_sequence")
      object.append("opt_start_seq", JSONValue(sequence))
    case .startTime(let time):
      object.append("deliver_policy", "by_start_time")
      object.append("opt_start_time", .string(RFC3339.text(time)))
    }
    object.append("ack_wait", ifPresent: ackWait.map { .nanoseconds($0) })
    if !backoff.isEmpty { object.append("backoff", .array(backoff.map { .nanoseconds($0) })) }
    // The policy requires a filter, even for all subjects.
    let filterSubjects = filterSubjects.isEmpty && deliverPolicy == .lastPerSubject ? [">"] : filterSubjects
    if filterSubjects.count == 1, let subject = filterSubjects.first {
      object.append("filter_subject", .string(subject))
    } else if !filterSubjects.isEmpty {
      object.append("filter_subjects", .array(filterSubjects.map { .string($0) }))
    }
    object.append("max_ack_pending", ifPresent: maxAckPending.map { JSONValue($0) })
    object.append("max_waiting", ifPresent: maxWaiting.map { JSONValue($0) })
    if headersOnly { object.append("headers_only", true) }
    object.append("inactive_threshold", ifPresent: inactiveThreshold.map { .nanoseconds($0) })
    object.append("num_replicas", ifPresent: replicas.map { JSONValue($0) })
    if isMemory { object.append("mem_storage", true) }
    return object
  }
}
