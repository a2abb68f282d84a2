public import JSON

/// Something that an operator should know without having asked.
public struct AlertPayload: Sendable, Equatable {
  /// How bad it is.
  public enum Severity: String, Sendable {
    /// Good to know.
    case info
    /// Needs a look.
    case warning
    /// Needs a hand.
    case critical
    /// Needs a hand now.
    case emergency
  }

  /// What kind of thing it is about; the protocol has no others.
  public enum ObjectType: String, Sendable {
    /// A disk or a mount.
    case disk
    /// A volume.
    case volume
    /// A storage pool.
    case pool
    /// A network or an interface.
    case network
    /// Anything else of the machine, units included.
    case system
  }

  /// How bad it is.
  public var severity: Severity
  /// What happened, for programs, as `SERVICE_FAILED`.
  public var code: String
  /// What happened, for people.
  public var message: String
  /// What kind of thing it happened to.
  public var objectType: ObjectType
  /// Which one.
  public var objectID: String
  /// More about it.
  public var details: JSONObject

  /// An alert.
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

  /// The payload as JSON.
  public var json: JSONValue {
    [
      "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
      "object_type": .string(objectType.rawValue), "object_id": .string(objectID),
      "details": .object(details),
    ]
  }

  /// The payload in at most so many bytes: without its details, which say `truncated`, and with shorter texts where it is larger.
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
