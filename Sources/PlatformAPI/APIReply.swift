public import JSON

/// The reply to a request: `{"ok":true,"result":…}` or `{"ok":false,"error":{"code","message"}}`.
public enum APIReply: Sendable, Hashable {
  /// The request succeeded.
  case result(JSONValue)
  /// The request failed.
  case failure(APIError)

  /// The reply as JSON.
  public var json: JSONValue {
    switch self {
    case .result(let value): ["ok": true, "result": value]
    case .failure(let error):
      [
        "ok": false, "error": ["code": .string(error.code.rawValue), "message": .string(error.message)],
      ]
    }
  }

  /// Parses a reply; nil when the bytes are not one.
  public init?(parsing bytes: [UInt8]) {
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { return nil }
    guard let object = value.objectValue, let isDone = object["ok"]?.boolValue else { return nil }
    if isDone {
      self = .result(object["result"] ?? .null)
    } else {
      guard let error = object["error"]?.objectValue, let code = error["code"]?.stringValue else {
        return nil
      }
      self = .failure(APIError(.init(rawValue: code), error["message"]?.stringValue ?? code))
    }
  }
}
