import JSON
import Testing

@Suite struct JSONReaderTests {
  @Test(arguments: [
    ("null", JSONValue.null),
    (" true ", .bool(true)),
    ("0", .integer(0)),
    ("-0", .integer(0)),
    ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)),
    ("18446744073709551615", .unsigned(.max)),
    ("18446744073709551616", .number(18_446_744_073_709_551_616)),
    ("1e999", .number(.greatestFiniteMagnitude)),
    ("-1e999", .number(-.greatestFiniteMagnitude)),
    ("1e-999", .number(0)),
    ("0.5E+1", .number(5)),
    (#""a\u0041\n\"\\\/""#, .string("aA\n\"\\/")),
    (#""\ud83d\ude00""#, .string("😀")),
    (#""\ud83d""#, .string("\u{FFFD}")),
    (#""\ude00x""#, .string("\u{FFFD}x")),
    (#""\ud83d\u0041""#, .string("\u{FFFD}A")),
    (#""\u0000""#, .string("\0")),
    ("[]", .array([])),
    ("[1,[2]]", .array([1, [2]])),
    ("{}", .object([:])),
    (#"{"a":{"b":[null]}}"#, .object(["a": ["b": .array([.null])]])),
  ])
  func readsEveryKindOfValue(text: String, expected: JSONValue) throws {
    #expect(try JSONReader.parse(Array(text.utf8)) == expected)
  }

  @Test(arguments: [
    "", " ", "nul", "tru", "+1", "01", "-", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "'a'", #""a"#,
    #""\x""#, #""\u12""#, #""\u12g4""#, "\"\n\"", "[", "[1", "[1,", "[1,]", "[,1]", "{", "{1:2}", #"{"a"}"#,
    #"{"a":}"#, #"{"a":1,}"#, #"{"a":1"#, "[}", "{]", "1 2", "[] []", "// x\n1", "\u{FEFF}1",
  ])
  func rejectsInvalidJSON(text: String) {
    #expect(throws: JSONError.self) { try JSONReader.parse(Array(text.utf8)) }
    #expect(throws: JSONError.self) {
      var reader = try JSONReader(Array(text.utf8))
      try reader.skipValue()
      try reader.expectEnd()
    }
  }

  @Test(
    arguments: [
      [0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
    ] as [[UInt8]])
  func rejectsInvalidUTF8(bytes: [UInt8]) {
    #expect { try JSONReader.parse(bytes) } throws: { ($0 as? JSONError)?.reason == .invalidUTF8 }
  }

  @Test func nestingIsLimitedInTreesButNotWhenSkipped() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
    }
    #expect(throws: Never.self) { try JSONReader.parse(nested(JSONReader.maximumDepth)) }
    #expect { try JSONReader.parse(nested(JSONReader.maximumDepth + 1)) } throws: {
      ($0 as? JSONError)?.reason == .tooDeep
    }
    var reader = try JSONReader(nested(1_000_000))
    try reader.skipValue()
    try reader.expectEnd()
  }

  @Test func keysAreExactAndTheLastRepeatedKeyCounts() throws {
    let object = try #require(try JSONReader.parse(Array(#"{"a":1,"A":2,"a":3}"#.utf8)).objectValue)
    #expect(object["a"] == 3)
    #expect(object["A"] == 2)
    #expect(object["b"] == nil)
  }

  @Test(arguments: [("caf\u{E9}", "cafe\u{301}"), ("K", "\u{212A}"), (";", "\u{37E}")])
  func canonicalEquivalentsAreDifferentValuesAndKeys(left: String, right: String) throws {
    #expect(left == right)
    #expect(JSONValue.string(left) != .string(right))
    #expect(JSONValue.object([left: 1]) != .object([right: 1]))
    #expect(Set([JSONValue.string(left), .string(right)]).count == 2)
    let text = "{\"\(left)\":1,\"\(right)\":2}"
    var object = try #require(try JSONReader.parse(Array(text.utf8)).objectValue)
    #expect(object[left] == 1)
    #expect(object[right] == 2)
    object[right] = nil
    #expect(object.members.map(\.value) == [1])
  }

  @Test(
    arguments: [
      ("0", 0), ("18446744073709551615", .max), ("2.9", 2), ("1e30", .max), ("-0.5", nil), ("-1", nil),
      ("\"1\"", nil),
    ] as [(String, UInt64?)])
  func unsignedValueDropsFractionsAndClamps(text: String, expected: UInt64?) throws {
    #expect(try JSONReader.parse(Array(text.utf8)).unsignedValue == expected)
  }

  @Test func encodedValuesReadBackEqual() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2_000 {
      let value = JSONValue.random(depth: 4, using: &generator)
      #expect(try JSONReader.parse(JSONWriter.encode(value)) == value)
    }
  }

  @Test func damagedBytesAreReadAlikeByBothWays() throws {
    var generator = SeededGenerator(seed: 11)
    var rejected = 0
    for _ in 0..<20_000 {
      var bytes = JSONWriter.encode(JSONValue.random(depth: 3, using: &generator))
      for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch UInt8.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes.removeSubrange(index...)
        default: bytes.insert(UInt8.random(in: 0x20..<0x80, using: &generator), at: index)
        }
      }
      let tree = try? JSONReader.parse(bytes)
      let skipped: Void? = try? {
        var reader = try JSONReader(bytes)
        try reader.skipValue()
        try reader.expectEnd()
      }()
      #expect((tree == nil) == (skipped == nil), "a tree and a skipped value differ on \(bytes)")
      if tree == nil { rejected += 1 }
    }
    #expect(rejected > 5_000)
  }
}

extension JSONValue {
  static func random(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
    switch UInt8.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
    case 0: .null
    case 1: .bool(Bool.random(using: &generator))
    case 2: .integer(Int64.random(in: .min ... .max, using: &generator))
    case 3: .unsigned(UInt64.random(in: UInt64(Int64.max) + 1 ... .max, using: &generator))
    case 4: .number(Double.random(in: -1e300...1e300, using: &generator) + 0.5e-3)
    case 5: .string(randomText(using: &generator))
    case 6: .array((0..<3).map { _ in random(depth: depth - 1, using: &generator) })
    default:
      .object(
        JSONObject(
          (0..<3).map {
            .init(
              key: "\($0)" + randomText(using: &generator), value: random(depth: depth - 1, using: &generator)
            )
          }))
    }
  }

  private static func randomText(using generator: inout SeededGenerator) -> String {
    String(
      String.UnicodeScalarView(
        (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in
          Unicode.Scalar(UInt32.random(in: 0...0x1F600, using: &generator))
        }))
  }
}

/// A generator with a seed (splitmix64), so that failures can be reproduced.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
