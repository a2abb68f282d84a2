import JSON

@_silgen_name("exit") private func exit(_ status: Int32) -> Never

private func expect(_ condition: Bool, _ what: StaticString) {
  guard !condition else { return }
  print("failed: ", terminator: "")
  print(what)
  exit(1)
}

@main struct JSONProgram {
  static func main() {
    reading()
    writing()
    comparing()
    print("values, errors and keys are right")
  }

  private static func parse(_ text: String) -> Result<JSONValue, JSONError> {
    do {
      return .success(try JSONReader.parse(Array(text.utf8)))
    } catch {
      return .failure(error)
    }
  }

  private static func fails(_ text: String, _ reason: JSONError.Reason) -> Bool {
    switch parse(text) {
    case .success: false
    case .failure(let error): error.reason == reason && !error.description.isEmpty
    }
  }

  private static func reading() {
    let text = #"{"a":[1,18446744073709551615,-0.5e1,true,null],"b":{"c":"x\u00e9\ud83d\ude00\n"},"a":2}"#
    guard case .success(let value) = parse(text), let object = value.objectValue else {
      expect(false, "a document")
      return
    }
    expect(object["a"]?.integerValue == 2, "the last of a repeated key")
    let elements = object.members.first?.value.arrayValue ?? []
    expect(elements.count == 5 && elements[1].unsignedValue == .max, "an unsigned number")
    expect(elements[2].doubleValue == -5 && elements[3].boolValue == true && elements[4] == .null, "scalars")
    expect(object["b"]?.objectValue?["c"]?.stringValue == "xé😀\n", "escapes")
    expect(fails("[1", .truncated) && fails("[01]", .invalidNumber) && fails("1 2", .trailingBytes), "errors")
    expect(fails(String(repeating: "[", count: 100), .tooDeep), "depth")

    do throws(JSONError) {
      var reader = try JSONReader(Array(text.utf8))
      var keys: [String] = []
      var raw: [UInt8] = []
      try reader.readObject { (key, reader) throws(JSONError) in
        keys.append(key)
        if key == "b" { raw = Array(try reader.rawValue()) } else { _ = try reader.readShallowValue() }
      }
      try reader.expectEnd()
      expect(keys == ["a", "b", "a"] && raw.first == UInt8(ascii: "{"), "members one by one")
    } catch {
      expect(false, "a reader")
    }
  }

  private static func writing() {
    let value: JSONValue = ["a": [1, 2.5, nil, true], "b": ["c": "\"\n\u{1}é"], "n": .number(.nan)]
    let bytes = JSONWriter.encode(value)
    expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"a":[1,2.5,null,true],"b":{"c":"\"\n\u0001é"},"n":0}"#, "a document as text")
    expect(JSONWriter.encodedSize(of: "\"\n\u{1}é".utf8) == 14, "the size of a text")
    var object = JSONObject()
    object.append("x", 1)
    object.append("y", ifPresent: nil)
    object["x"] = "two"
    expect(JSONWriter.encode(.object(object)) == Array(#"{"x":"two"}"#.utf8), "an object that changes")
    expect(value.footprint > 16 && JSONValue(UInt64.max).kind == "a number", "properties")
  }

  private static func comparing() {
    expect(JSONValue.string("caf\u{E9}") != .string("cafe\u{301}"), "canonical equivalents as values")
    let object: JSONObject = ["K": 1, "\u{212A}": 2]
    expect(object["K"]?.integerValue == 1 && object["\u{212A}"]?.integerValue == 2, "equivalents as keys")
    let values: Set<JSONValue> = ["K", "\u{212A}", .integer(1), .number(1), ["K": 1], ["\u{212A}": 1]]
    expect(values.count == 6, "values in a set")
  }
}
