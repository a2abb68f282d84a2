import Testing

@testable import NKeys

@Suite("nkeys")
struct NKeyTests {
  @Test func seedFromTheNATSDocumentationYieldsItsPublicKey() throws {
    let pair = try NKeyPair(seed: "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY")
    #expect(pair.publicKey.description == "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4")
    #expect(pair.publicKey.kind == .user)
    #expect(pair.seed == "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY")
  }

  @Test func signatureMatchesRFC8032() throws {
    // RFC 8032, section 7.1, test 2.
    let secret = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    let expected = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    let pair = try NKeyPair(seed: NKeyCoding.encode(seed: secret, kind: .user))
    let publicKey = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    #expect(pair.publicKey == NKeyPublicKey(kind: .user, bytes: publicKey))
    #expect(pair.publicKey.verify(expected, of: [0x72]))
    #expect(!pair.publicKey.verify(expected, of: [0x73]))
    #expect(pair.publicKey.verify(try pair.sign([0x72]), of: [0x72]))
  }

  @Test(arguments: zip(NKeyKind.allCases, ["A", "C", "N", "O", "U", "X"]))
  func encodedKeysStartWithTheLetterOfTheirKind(kind: NKeyKind, letter: String) throws {
    let key = [UInt8](repeating: 7, count: 32)
    let publicKey = NKeyCoding.encode(publicKey: key, kind: kind)
    #expect(publicKey.hasPrefix(letter))
    #expect(publicKey.utf8.count == 56)
    #expect(try NKeyCoding.decodePublicKey(publicKey) == (kind, key))
    let seed = NKeyCoding.encode(seed: key, kind: kind)
    #expect(seed.hasPrefix("S\(letter)"))
    #expect(seed.utf8.count == 58)
    #expect(try NKeyCoding.decodeSeed(seed) == (kind, key))
  }

  @Test func keysRoundTrip() throws {
    for kind in NKeyKind.allCases where kind != .curve {
      let pair = try NKeyPair(generating: kind)
      let again = try NKeyPair(seed: " \(pair.seed)\r\n")
      #expect(again.publicKey == pair.publicKey)
      let message = Array("nonce".utf8)
      let signature = try again.sign(message)
      #expect(signature.count == 64)
      #expect(try NKeyPublicKey(pair.description).verify(signature, of: message))
      #expect(!(try NKeyPair(generating: kind).publicKey.verify(signature, of: message)))
    }
  }

  @Test func changedLettersAreDetected() throws {
    let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    for index in seed.indices {
      var changed = seed
      changed.replaceSubrange(index...index, with: seed[index] == "Q" ? "R" : "Q")
      let error = #expect(throws: NKeyError.self) { try NKeyPair(seed: changed) }
      #expect(error?.code == .invalidKey)
      #expect(error?.message.contains(changed) == false)
    }
  }

  @Test(arguments: [
    "", "S", "SU", "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
    "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3V",
    "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VYAA",
    "suacssl3uahudxkfsnvuzrf5uhpmwz6bfdtj7m6usdxiednppqyyycu3vy", "💥",
  ])
  func invalidSeedsAreRejected(text: String) {
    let error = #expect(throws: NKeyError.self) { try NKeyPair(seed: text) }
    #expect(error?.code == .invalidKey)
  }

  @Test func curveKeysCannotSign() {
    #expect(throws: NKeyError.self) { try NKeyPair(generating: .curve) }
    let seed = NKeyCoding.encode(seed: [UInt8](repeating: 9, count: 32), kind: .curve)
    let error = #expect(throws: NKeyError.self) { try NKeyPair(seed: seed) }
    #expect(error?.code == .wrongKind)
  }

  @Test func descriptionsDoNotContainTheSeed() throws {
    let pair = try NKeyPair(generating: .user)
    var dumped = ""
    dump(pair, to: &dumped)
    for text in ["\(pair)", String(reflecting: pair), "\([pair])", dumped] {
      #expect(!text.contains(pair.seed))
      #expect(text.contains(pair.publicKey.description))
    }
  }

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
  }
}
