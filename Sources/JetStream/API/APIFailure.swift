import Encoding
import JSON

/// The `error` of a response (ADR-1, ADR-7).
struct APIFailure: Hashable {
  /// The status, as in HTTP.
  var code: Int64
  /// The code of the error (`err_code`).
  var errorCode: Int
  var description: String

  init(code: Int64, errorCode: Int, description: String) {
    self.code = code
    self.errorCode = errorCode
    self.description = description
  }

  /// Decodes the error of a response; nil if there is none.
  init?(_ reply: JSONObject) {
    guard let error = reply["error"]?.objectValue else { return nil }
    code = error["code"]?.integerValue ?? 500
    errorCode = error["err_code"]?.integerValue.flatMap(Int.init(exactly:)) ?? 0
    description = (error["description"]?.stringValue ?? "no reason given").prefix(bytes: 500)
  }

  /// JetStream is disabled, on the server or for the account. A retry does not help.
  private static let notEnabled: Set<Int> = [10035, 10039, 10076]
  /// A storage limit was exceeded: of the server (10023) or the stream (10077).
  private static let noRoom: Set<Int> = [10023, 10077]
  private static let wrongLastSequence: Set<Int> = [10071, 10164]

  /// Whether a retry of the request may succeed.
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
