public import JSON
public import PlatformAPI

/// A request of an operator. The servers have verified the operator's name.
public struct APICall: Sendable {
  /// The operator.
  public var operatorName: String
  /// The parameters; `{}` when there are none.
  public var params: JSONValue

  /// Creates a call.
  public init(operatorName: String, params: JSONValue) {
    self.operatorName = operatorName
    self.params = params
  }

  /// Decodes the parameters. A parameter that the type does not have is an error: ignoring a misspelt one would do
  /// something else than was requested.
  ///
  /// - Throws: ``APIError/Code/invalid``; the message names the parameter and no value.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(APIError) -> Value {
    let value: Value
    do {
      value = try APICoding.value(type, from: params)
    } catch {
      throw RequestFault.error(error)
    }
    try RequestFault.expectOnly(RequestFault.names(of: value), in: params)
    return value
  }

  /// Checks that a method without parameters has none.
  ///
  /// - Throws: ``APIError/Code/invalid``.
  public func expectNoParameters() throws(APIError) {
    try RequestFault.expectOnly([], in: params)
  }

  /// Encodes the result of the method.
  ///
  /// - Throws: ``APIError/Code/unavailable`` for a value that JSON can't represent, such as an infinite number.
  public func result(_ value: some Encodable) throws(APIError) -> JSONValue {
    do {
      return try APICoding.json(value)
    } catch {
      throw APIError(.unavailable, "the answer can't be written as JSON")
    }
  }
}

/// The implementation of a method.
public typealias APIHandler = @Sendable (APICall) async throws(APIError) -> JSONValue
