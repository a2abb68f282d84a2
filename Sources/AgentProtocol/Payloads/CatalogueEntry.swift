public import JSON

/// The description of an operation in the capabilities.
public struct CatalogueEntry: Sendable, Equatable {
  /// The description of a parameter.
  public struct Parameter: Sendable, Equatable {
    /// The types of parameters.
    public enum Kind: String, Sendable {
      /// A string.
      case string
      /// A whole number.
      case integer
      /// A list of strings.
      case array
      /// `true` or `false`.
      case boolean
    }

    /// The key in `params`.
    public var name: String
    /// The type.
    public var kind: Kind
    /// Whether a command without the parameter is rejected.
    public var isRequired: Bool
    /// The meaning, for people.
    public var description: String
    /// The smallest number; smaller ones are raised to it.
    public var minimumValue: Int64?

    /// Creates a parameter.
    public init(
      _ name: String, _ kind: Kind, required: Bool = true, _ description: String, minimumValue: Int64? = nil
    ) {
      self.name = name
      self.kind = kind
      self.isRequired = required
      self.description = description
      self.minimumValue = minimumValue
    }
  }

  /// The name of the operation.
  public var operation: String
  /// The effect, for people.
  public var description: String
  /// The parameters.
  public var parameters: [Parameter]

  /// Creates an entry.
  public init(_ operation: String, _ description: String, parameters: [Parameter] = []) {
    self.operation = operation
    self.description = description
    self.parameters = parameters
  }

  /// Decodes an entry. Parameters without a name or of an unknown type are left out.
  ///
  /// - Returns: nil when `json` is not an object with an `operation`.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue, let operation = object["operation"]?.stringValue else { return nil }
    self.init(
      operation, object["description"]?.stringValue ?? "",
      parameters: (object["params"]?.arrayValue ?? []).compactMap { Parameter($0) })
  }

  /// The entry as JSON, without `params` when there are none.
  public var json: JSONValue {
    var object: JSONObject = ["operation": .string(operation), "description": .string(description)]
    if !parameters.isEmpty { object.append("params", .array(parameters.map { $0.json })) }
    return .object(object)
  }
}

extension CatalogueEntry.Parameter {
  init?(_ json: JSONValue) {
    guard let object = json.objectValue, let name = object["name"]?.stringValue,
      let kind = object["type"]?.stringValue.flatMap({ Kind(rawValue: $0) })
    else { return nil }
    self.init(
      name, kind, required: object["required"]?.boolValue ?? false,
      object["description"]?.stringValue ?? "", minimumValue: object["min_value"]?.integerValue)
  }

  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(name), "type": .string(kind.rawValue), "required": .bool(isRequired),
      "description": .string(description),
    ]
    object.append("min_value", ifPresent: minimumValue.map { .integer($0) })
    return .object(object)
  }
}
