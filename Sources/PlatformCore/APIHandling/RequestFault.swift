import Encoding
import JSON
import PlatformAPI

/// One-line errors for invalid parameters. They contain names only: a value may be a secret.
enum RequestFault {
  /// The error for what a decoder throws.
  static func error(_ error: any Error) -> APIError {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      APIError(.invalid, "parameter \(name(context.codingPath + [key])) is missing")
    case DecodingError.valueNotFound(_, let context):
      APIError(.invalid, "parameter \(name(context.codingPath)) is null")
    case DecodingError.typeMismatch(let type, let context):
      APIError(.invalid, "\(subject(context.codingPath)) \(expected(type))")
    case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty:
      // Foundation's error for a number that does not fit the type. It has no coding path.
      APIError(.invalid, "a number in the request is too large, or has to be whole")
    case DecodingError.dataCorrupted(let context):
      APIError(
        .invalid,
        "parameter \(name(context.codingPath)) has a value that it does not take"
          + (values[context.codingPath.last?.stringValue ?? ""].map {
            ": there are \($0.joined(separator: ", "))"
          } ?? ""))
    default: APIError(.invalid, "the parameters are not valid for this method")
    }
  }

  /// The possible values of the parameters that have few.
  private static let values = [
    "state": CommandView.State.allCases.map(\.rawValue), "role": OperatorRole.allCases.map(\.rawValue),
  ]

  /// Checks that there are no other parameters than these. A null counts as absent.
  static func expectOnly(_ names: [String], in params: JSONValue) throws(APIError) {
    guard let object = params.objectValue else {
      throw APIError(.invalid, "the parameters are not an object")
    }
    for member in object.members where member.value != .null && !names.containsExactly(member.key) {
      let known = names.isEmpty ? "there are none" : "there are \(names.sorted().joined(separator: ", "))"
      throw APIError(.invalid, "there is no parameter \(SafeText.quoted(member.key)): \(known)")
    }
  }

  /// The names of a type's parameters on the wire.
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

  /// The coder's form of a property name: `ttlS` is `ttl_s`.
  private static func wireName(_ name: String) -> String {
    var result = ""
    for character in name {
      if character.isUppercase { result += "_" }
      result += character.lowercased()
    }
    return result
  }
}
