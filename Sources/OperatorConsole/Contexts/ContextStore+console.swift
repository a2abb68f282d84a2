import JSON

extension ContextStore {
  /// Reads the store of a console's environment. The contents are empty if there is no file.
  ///
  /// - Throws: `configuration`.
  static func read(on console: Console) throws(ConsoleError) -> (store: ContextStore, file: ContextsFile) {
    let store = try ContextStore(environment: console.environment)
    guard let (file, warning) = try store.load() else { return (store, ContextsFile()) }
    if let warning { console.report(warning) }
    return (store, file)
  }
}

extension ConsoleContext {
  /// The context as JSON, without the token.
  func json(name: String, isCurrent: Bool) -> JSONValue {
    var object: JSONObject = [
      "name": .string(name), "current": .bool(isCurrent), "url": .string(url),
      "operator": .string(operatorName),
    ]
    object.append("ca_file", ifPresent: caFile.map(JSONValue.string))
    object.append("tls_first", ifPresent: tlsFirst.map(JSONValue.bool))
    object.append(
      "server_names", ifPresent: serverNames.map { JSONValue.array($0.map(JSONValue.string)) })
    object.append("discover", ifPresent: discover.map(JSONValue.bool))
    return .object(object)
  }
}
