import JSON

extension ResultPayload {
  /// Reads the payload of a result; nil when it is none.
  public init?(parsing bytes: [UInt8]) {
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { return nil }
    guard let object = value.objectValue, let commandID = object["command_id"]?.stringValue,
      let status = object["status"]?.stringValue.flatMap(Status.init)
    else { return nil }
    self.init(
      commandID: commandID, status: status, code: object["code"]?.stringValue.flatMap(Code.init),
      message: object["message"]?.stringValue ?? "", output: object["output"],
      durationMilliseconds: object["duration_ms"]?.integerValue,
      isTruncated: object["truncated"]?.boolValue ?? false)
    isReplayed = object["replayed"]?.boolValue ?? false
  }
}
