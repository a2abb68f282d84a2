import TestFiles
import Testing

@testable import AgentCore

@Suite struct ConfigurationLimitsTests {
  @Test func aliasExpansionIsBounded() throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      let alias = "*a\(level - 1)"
      text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 9).joined(separator: ", "))]\n"
    }
    let error = try #require(throws: YAMLError.self) {
      try YAMLReader.read(Array(text.utf8), refusesDuplicateKeys: true)
    }
    #expect(error.message.contains("aliases expanded"))
  }

  @Test(arguments: ["[", "{a: ", "- "])
  func nestingIsBounded(opening: String) throws {
    let text = String(repeating: opening, count: 100_000)
    #expect(throws: YAMLError.self) { try YAMLReader.read(Array(text.utf8), refusesDuplicateKeys: true) }
  }

  @Test func recursiveAliasThrows() throws {
    #expect(throws: YAMLError.self) {
      try YAMLReader.read(Array("a: &a [*a]".utf8), refusesDuplicateKeys: true)
    }
  }

  @Test func mergeKeysAreBounded() throws {
    var text = "m: &m {" + (0..<2000).map { "k\($0): 1" }.joined(separator: ", ") + "}\n"
    text += "x: {<<: [" + Array(repeating: "*m", count: 100).joined(separator: ", ") + "]}\n"
    #expect(throws: YAMLError.self) {
      try YAMLReader.read(Array(text.utf8), refusesDuplicateKeys: true)
    }
  }

  @Test func largeFileThrows() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", [UInt8](repeating: UInt8(ascii: "#"), count: (1 << 20) + 1))
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationLoader(explicitPath: path, environment: [:]).load()
    }
    #expect(error.message.contains("larger than 1 MiB"))
  }

  @Test(arguments: [
    [0xFF, 0xFE, 0x41], [0x61, 0x3A, 0x20, 0xC3, 0x28], [0x61, 0x00, 0x62], [0x61, 0x3A, 0x20, 0x07],
  ])
  func invalidTextThrows(bytes: [UInt8]) {
    #expect(throws: YAMLError.self) { try YAMLReader.read(bytes, refusesDuplicateKeys: true) }
  }

  @Test func folderInPlaceOfAFileThrows() throws {
    let folder = try TemporaryFolder()
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationLoader(explicitPath: folder.path, environment: [:]).load()
    }
    #expect(error.message.contains("no regular file"))
  }

  /// Loads 10 000 mutations of valid files. Each is accepted, or rejected with a message.
  @Test func mutatedFilesNeverCrash() throws {
    var random = SplitMix(state: 0x5EED)
    let rich = """
      a: &a {b: [1, "x\\u00e9", 'y'], c: |
          text
        , d: >-
          folded}
      agent:
        allowed_commands: [{path: /bin/ls, args: ["-l", "(a|b)+"], timeout: 5s}, /bin/df]
        <<: *a
      """
    let seeds = [ConfigurationFileTests.goEra, rich].map { Array($0.utf8) }
    let special = Array(":-[]{}&*!|>'\"%@`#,?\n\t \\~<0.\u{0}".utf8)
    var loaded = 0
    for round in 0..<10_000 {
      var bytes = seeds[random.below(seeds.count)]
      for _ in 0...random.below(4) {
        let at = random.below(bytes.count)
        switch random.below(5) {
        case 0: bytes[at] = UInt8(random.below(256))
        case 1: bytes[at] = special[random.below(special.count)]
        case 2: bytes.insert(special[random.below(special.count)], at: at)
        case 3: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(20)))
        default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + random.below(60))], at: at)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      do throws(ConfigurationError) {
        let file = try SettingsFile(bytes: bytes, path: "fuzz.yaml")
        var decoder = SettingDecoder(file.settings)
        _ = try AgentConfiguration(&decoder)
        loaded += 1
      } catch {
        #expect(!error.message.isEmpty)
      }
      if round % 4 == 0 { _ = try? ConfigDrive(bytes: bytes, path: "metadata.json") }
    }
    #expect(loaded > 100)
  }
}

/// The random number generator SplitMix64.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
}
