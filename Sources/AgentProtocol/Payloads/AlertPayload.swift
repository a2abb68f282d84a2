public import JSON

/// A condition of the machine that needs attention.
public struct AlertPayload: MessagePayload {
  /// The type of the envelopes that carry the payload.
  public static var messageType: Envelope.MessageType { .alert }

  /// Severities, in ascending order.
  public enum Severity: String, Sendable {
    /// No action is needed; a recovery, too.
    case info
    /// The condition should be looked at.
    case warning
    /// The condition needs action.
    case critical
    /// The condition needs action at once.
    case emergency
  }

  /// The kinds of objects.
  public enum ObjectType: String, Sendable {
    /// A disk or a mount.
    case disk
    /// A volume.
    case volume
    /// A storage pool.
    case pool
    /// A network or an interface.
    case network
    /// Any other part of the machine, such as a unit.
    case system
  }

  /// The severity.
  public var severity: Severity
  /// The condition, for programs, such as `SERVICE_FAILED`.
  public var code: String
  /// The condition, for people.
  public var message: String
  /// The kind of the object.
  public var objectType: ObjectType
  /// The name of the object, such as a mount point or a unit.
  public var objectID: String
  /// Details that depend on ``code``.
  public var details: JSONObject

  /// Creates an alert.
  public init(
    _ severity: Severity, code: String, message: String, objectType: ObjectType, objectID: String,
    details: JSONObject = JSONObject()
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.objectType = objectType
    self.objectID = objectID
    self.details = details
  }

  /// Decodes a payload.
  ///
  /// - Returns: nil when `json` is not an object with a known `severity`, a `code` and a known `object_type`.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue,
      let severity = object["severity"]?.stringValue.flatMap({ Severity(rawValue: $0) }),
      let code = object["code"]?.stringValue,
      let objectType = object["object_type"]?.stringValue.flatMap({ ObjectType(rawValue: $0) })
    else { return nil }
    self.init(
      severity, code: code, message: object["message"]?.stringValue ?? "", objectType: objectType,
      objectID: object["object_id"]?.stringValue ?? "", details: object["details"]?.objectValue ?? [:])
  }

  /// The payload as JSON.
  public var json: JSONValue {
    [
      "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
      "object_type": .string(objectType.rawValue), "object_id": .string(objectID),
      "details": .object(details),
    ]
  }

  /// The payload as JSON in at most `limit` bytes. Where it is larger, the details are replaced with `truncated`, and texts are
  /// shortened.
  public func json(within limit: Int) -> JSONValue {
    let whole = json
    guard JSONWriter.encode(whole).count > limit else { return whole }
    var cut = self
    cut.details = ["truncated": true]
    guard JSONWriter.encode(cut.json).count > limit else { return cut.json }
    // A scalar takes at most six bytes as JSON, and 256 bytes are enough for all else.
    let length = max(0, limit - 256) / 12
    cut.message = String(String.UnicodeScalarView(message.unicodeScalars.prefix(length)))
    cut.objectID = String(String.UnicodeScalarView(objectID.unicodeScalars.prefix(length)))
    return cut.json
  }
}
