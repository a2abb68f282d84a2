public import JSON
public import PlatformAPI

/// A request of an operator, whose name the server has vouched for.
public struct APICall: Sendable {
  /// Who asks.
  public var operatorName: String
  /// The parameters; `{}` when there are none.
  public var params: JSONValue

  /// A call.
  public init(operatorName: String, params: JSONValue) {
    self.operatorName = operatorName
    self.params = params
  }

  /// The parameters in their type. A parameter that the type has not is refused and not passed over: who misspells one would
  /// get something else than what was asked for.
  ///
  /// - Throws: ``APIError/Code/invalid``, one line that names the parameter and no value.
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

  /// Checks that there are no parameters, where a method takes none.
  ///
  /// - Throws: ``APIError/Code/invalid``.
  public func expectNoParameters() throws(APIError) {
    try RequestFault.expectOnly([], in: params)
  }

  /// What the method gives, as JSON.
  ///
  /// - Throws: ``APIError/Code/unavailable`` for what JSON can't express, as a number that is not finite.
  public func result(_ value: some Encodable) throws(APIError) -> JSONValue {
    do {
      return try APICoding.json(value)
    } catch {
      throw APIError(.unavailable, "the answer can't be written as JSON")
    }
  }
}

/// What answers a method.
public typealias APIHandler = @Sendable (APICall) async throws(APIError) -> JSONValue
