public import JSON

/// How the capabilities describe one operation.
public struct CatalogueEntry: Sendable, Equatable {
  /// How the capabilities describe one parameter.
  public struct Parameter: Sendable, Equatable {
    /// The kinds of value that a parameter takes.
    public enum Kind: String, Sendable {
      /// Text.
      case string
      /// A whole number.
      case integer
      /// A list of text.
      case array
      /// True or false.
      case boolean
    }

    /// The key in `params`.
    public var name: String
    /// What it takes.
    public var kind: Kind
    /// Whether the command is rejected without it.
    public var isRequired: Bool
    /// What it means, for people.
    public var description: String
    /// The smallest number that is meant.
    public var minimumValue: Int64?

    /// A parameter.
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

  /// The operation's name.
  public var operation: String
  /// What it does, for people.
  public var description: String
  /// What it takes.
  public var parameters: [Parameter]

  /// An entry.
  public init(_ operation: String, _ description: String, parameters: [Parameter] = []) {
    self.operation = operation
    self.description = description
    self.parameters = parameters
  }

  /// The entry as JSON; `params` only when there are any.
  public var json: JSONValue {
    var object: JSONObject = ["operation": .string(operation), "description": .string(description)]
    if !parameters.isEmpty { object.append("params", .array(parameters.map(\.json))) }
    return .object(object)
  }
}

extension CatalogueEntry.Parameter {
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(name), "type": .string(kind.rawValue), "required": .bool(isRequired),
      "description": .string(description),
    ]
    object.append("min_value", ifPresent: minimumValue.map(JSONValue.integer))
    return .object(object)
  }
}
