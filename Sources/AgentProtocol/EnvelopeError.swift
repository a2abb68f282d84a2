public import JSON

/// Why a message is dropped instead of answered.
public enum EnvelopeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The bytes are not a JSON object.
  case malformed(JSONError)
  /// There is no `v`.
  case missingVersion
  /// `v` is something else than 1.
  case unsupportedVersion(JSONValue)

  /// What is wrong with the message. Nothing of its content is repeated but a number that stood as version.
  public var description: String {
    switch self {
    case .malformed(let error): "not a JSON object: \(error)"
    case .missingVersion: "no version (\"v\")"
    case .unsupportedVersion(.integer(let version)): "version \(version), expected 1"
    case .unsupportedVersion(let version): "\(version.kind) as version, expected 1"
    }
  }
}
