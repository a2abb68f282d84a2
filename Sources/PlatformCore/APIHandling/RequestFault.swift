import JSON
import PlatformAPI

/// Says in one line what is wrong with the parameters of a request. Names only: a value may be a secret.
enum RequestFault {
  /// What a decoder found.
  static func error(_ error: any Error) -> APIError {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      APIError(.invalid, "parameter \(name(context.codingPath + [key])) is missing")
    case DecodingError.valueNotFound(_, let context):
      APIError(.invalid, "parameter \(name(context.codingPath)) is null")
    case DecodingError.typeMismatch(let type, let context):
      APIError(.invalid, "\(subject(context.codingPath)) \(expected(type))")
    case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty:
      // As Foundation tells of a number that does not fit the type. It does not say where.
      APIError(.invalid, "a number in the request is too large, or has to be whole")
    case DecodingError.dataCorrupted(let context):
      APIError(
        .invalid,
        "parameter \(name(context.codingPath)) has a value that it does not take"
          + (values[context.codingPath.last?.stringValue ?? ""].map {
            ": there are \($0.joined(separator: ", "))"
          } ?? ""))
    default: APIError(.invalid, "the parameters are not what this method takes")
    }
  }

  /// The values of the parameters that have few.
  private static let values = [
    "state": CommandView.State.allCases.map(\.rawValue), "role": OperatorRole.allCases.map(\.rawValue),
  ]

  /// Checks that the parameters have no other names; one that is null counts as absent.
  static func expectOnly(_ names: [String], in params: JSONValue) throws(APIError) {
    guard let object = params.objectValue else {
      throw APIError(.invalid, "the parameters are not an object")
    }
    for member in object.members where member.value != .null && !names.contains(member.key) {
      let known = names.isEmpty ? "there are none" : "there are \(names.sorted().joined(separator: ", "))"
      throw APIError(.invalid, "there is no parameter \(SafeText.quoted(member.key)): \(known)")
    }
  }

  /// The names that the parameters of a type have on the wire.
  static func names(of value: some Any) -> [String] {
    Mirror(reflecting: value).children.compactMap { $0.label.map(wireName) }
  }

  private static func subject(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "the request" : "parameter \(name(path))"
  }

  private static func name(_ path: [any CodingKey]) -> String {
    SafeText.quoted(
      path.map { $0.intValue.map(String.init) ?? wireName($0.stringValue) }.joined(separator: "."))
  }

  private static func expected(_ type: any Any.Type) -> String {
    switch type {
    case is String.Type: "takes a string"
    case is Bool.Type: "takes true or false"
    case is Int.Type, is Int64.Type, is UInt64.Type: "takes a whole number"
    case is Double.Type: "takes a number"
    default: "has a value of another kind than it takes"
    }
  }

  /// As the coder writes it: `ttlS` is `ttl_s`.
  private static func wireName(_ name: String) -> String {
    var result = ""
    for character in name {
      if character.isUppercase { result += "_" }
      result += character.lowercased()
    }
    return result
  }
}
