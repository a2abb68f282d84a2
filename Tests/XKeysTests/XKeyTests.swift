import NKeys
import Testing

@testable import XKeys

@Suite("x25519 keys") struct XKeyTests {
  static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// Keys, nonce, message and box of the tests of NaCl (`tests/box.c`). The keys are those of RFC 7748, section 6.1.
  @Test func boxMatchesTheTestVectorOfNaCl() throws {
    let secret = Self.bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    let alice = try XKeyPair(seed: NKeyCoding.encode(seed: secret, kind: .curve))
    #expect(
      alice.publicKey.bytes
        == Self.bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
    let bob = NKeyPublicKey(
      kind: .curve, bytes: Self.bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
    let nonce = Self.bytes("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37")
    let message = Self.bytes(
      "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c6129"
        + "6cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde"
        + "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705")
    let box = Self.bytes(
      "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a"
        + "c0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae"
        + "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74"
        + "e355a5")
    let shared = try alice.sharedKey(with: bob)
    #expect(shared.seal(message, nonce: nonce) == Array("xkv1".utf8) + nonce + box)
    #expect(try shared.open(Array("xkv1".utf8) + nonce + box) == message)
  }

  @Test func boxesRoundTrip() throws {
    let alice = try XKeyPair()
    let bob = try XKeyPair()
    #expect(alice.description.hasPrefix("X"))
    #expect(alice.seed.hasPrefix("SX"))
    #expect(try XKeyPair(seed: " \(alice.seed)\r\n").publicKey == alice.publicKey)
    for message in [[], [1], Array(repeating: 7, count: 100_000)] as [[UInt8]] {
      let box = try alice.seal(message, to: bob.publicKey)
      #expect(box.count == message.count + XSharedKey.overhead)
      #expect(try bob.open(box, from: alice.publicKey) == message)
      #expect(try alice.seal(message, to: bob.publicKey) != box)
    }
  }

  @Test func modifiedOrForeignBoxesAreRejected() throws {
    let alice = try XKeyPair()
    let bob = try XKeyPair()
    let box = try alice.seal([1, 2, 3], to: bob.publicKey)
    for index in box.indices {
      var changed = box
      changed[index] ^= 1
      #expect(throws: XKeyError.self) { try bob.open(changed, from: alice.publicKey) }
    }
    for count in 0..<box.count {
      #expect(throws: XKeyError.self) { try bob.open(Array(box[..<count]), from: alice.publicKey) }
    }
    #expect(throws: XKeyError.self) { try XKeyPair().open(box, from: alice.publicKey) }
  }

  @Test func invalidKeysAreRejected() throws {
    let account = try NKeyPair(generating: .account)
    #expect(throws: XKeyError.self) { try XKeyPair(seed: account.seed) }
    #expect(throws: XKeyError.self) { try XKeyPair(seed: "SX") }
    #expect(throws: XKeyError.self) { try XKeyPair().sharedKey(with: account.publicKey) }
    // A point of small order yields the same shared secret for all keys.
    let zero = NKeyPublicKey(kind: .curve, bytes: Array(repeating: 0, count: 32))
    #expect(throws: XKeyError.self) { try XKeyPair().sharedKey(with: zero) }
  }

  @Test func descriptionsContainNoSecret() throws {
    let pair = try XKeyPair()
    let shared = try pair.sharedKey(with: XKeyPair().publicKey)
    var text = "\(pair)\(shared)"
    dump(pair, to: &text)
    dump(shared, to: &text)
    debugPrint(pair, shared, to: &text)
    #expect(!text.contains(pair.seed))
    #expect(!text.contains("secretKey"))
  }
}
