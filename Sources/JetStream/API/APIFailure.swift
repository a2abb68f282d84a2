import JSON

/// The `error` of an answer (ADR-1, ADR-7).
struct APIFailure: Hashable {
  /// As in HTTP.
  var code: Int64
  /// What it is exactly.
  var errorCode: Int
  var description: String

  init(code: Int64, errorCode: Int, description: String) {
    self.code = code
    self.errorCode = errorCode
    self.description = description
  }

  /// The failure that an answer tells of, if it does.
  init?(_ reply: JSONObject) {
    guard let error = reply["error"]?.objectValue else { return nil }
    code = error["code"]?.integerValue ?? 500
    errorCode = error["err_code"]?.integerValue.flatMap(Int.init(exactly:)) ?? 0
    description = String((error["description"]?.stringValue ?? "no reason given").prefix(500))
  }

  /// JetStream is off, in the server or for the account: no leader will come.
  private static let notEnabled: Set<Int> = [10035, 10039, 10076]
  /// The store has no room: limits of the server (10023) or the stream (10077).
  private static let noRoom: Set<Int> = [10023, 10077]
  private static let wrongLastSequence: Set<Int> = [10071, 10164]

  /// Whether the same request may succeed in a moment.
  var isTemporary: Bool { code == 503 && !Self.notEnabled.contains(errorCode) }

  func error(about what: String) -> JetStreamError {
    let kind: JetStreamError.Code =
      if Self.wrongLastSequence.contains(errorCode) {
        .wrongLastSequence
      } else if code == 404 {
        .notFound
      } else if code == 503, !Self.noRoom.contains(errorCode) {
        .noResponders
      } else {
        .api(errorCode)
      }
    return JetStreamError(kind, "\(what): \(description)")
  }
}
