import Encoding
import JSON

extension StreamConfiguration {
  init(_ json: JSONObject) {
    self.init(name: json.text("name"), subjects: json.texts("subjects"))
    description = json["description"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    retention = Retention(rawValue: json.text("retention")) ?? .limits
    storage = Storage(rawValue: json.text("storage")) ?? .file
    maxAge = json.duration("max_age")
    maxBytes = Self.limit(json.integer("max_bytes"))
    maxMessages = Self.limit(json.integer("max_msgs"))
    maxMessagesPerSubject = Self.limit(json.integer("max_msgs_per_subject"))
    maxMessageSize = Self.limit(json.integer("max_msg_size"))
    maxConsumers = Self.limit(json.integer("max_consumers"))
    discard = Discard(rawValue: json.text("discard")) ?? .old
    replicas = max(json.count("num_replicas"), 1)
    duplicateWindow = json.duration("duplicate_window")
    noAck = json.flag("no_ack")
    allowDirect = json.flag("allow_direct")
    denyDelete = json.flag("deny_delete")
    denyPurge = json.flag("deny_purge")
    allowRollup = json.flag("allow_rollup_hdrs")
  }

  /// Zero means no limit as well.
  private static func limit(_ value: Int64) -> Int64 { value > 0 ? value : -1 }

  /// The configuration with normalized values, and with the server's defaults for unset ones.
  func normalized(after server: StreamConfiguration) -> StreamConfiguration {
    var result = StreamConfiguration(json)
    if duplicateWindow == nil { result.duplicateWindow = server.duplicateWindow }
    return result
  }

  /// Whether both are equal and their subjects consist of the same bytes; `==` also accepts canonical equivalents.
  func isIdentical(to other: StreamConfiguration) -> Bool {
    self == other && subjects.elementsEqual(other.subjects) { $0.hasSameBytes(as: $1) }
  }

  /// The configuration for the server, without unset values.
  var json: JSONObject {
    var object: JSONObject = [
      "name": .string(name), "retention": .string(retention.rawValue), "storage": .string(storage.rawValue),
      "max_age": .nanoseconds(maxAge ?? .zero), "max_bytes": .integer(maxBytes),
      "max_msgs": .integer(maxMessages), "max_msgs_per_subject": .integer(maxMessagesPerSubject),
      "max_msg_size": .integer(maxMessageSize), "max_consumers": .integer(maxConsumers),
      "discard": .string(discard.rawValue), "num_replicas": JSONValue(replicas), "no_ack": .bool(noAck),
      "allow_direct": .bool(allowDirect), "deny_delete": .bool(denyDelete), "deny_purge": .bool(denyPurge),
      "allow_rollup_hdrs": .bool(allowRollup),
    ]
    object.append("subjects", .array(subjects.map { .string($0) }))
    object.append("description", ifPresent: description.map { .string($0) })
    object.append("duplicate_window", ifPresent: duplicateWindow.map { .nanoseconds($0) })
    return object
  }

  /// The server's configuration updated with these settings. Settings unknown to this structure are kept.
  func json(over server: JSONObject) -> JSONObject {
    var merged = server
    for member in json.members { merged[member.key] = member.value }
    if description == nil { merged["description"] = nil }
    return merged
  }
}
