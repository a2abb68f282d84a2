import Encoding
import Testing

@Suite struct DigestTests {
  /// FIPS 180-4's examples, and lengths around a block by another implementation.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"
    ),
    (
      String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func sha256(text: String, expected: String) {
    let hex = SHA256.digest(of: Array(text.utf8)).map { Hexadecimal.text($0) }.joined()
    #expect(hex == expected)
  }

  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
    (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
  ])
  func sha1(message: String, expected: String) {
    #expect(Hexadecimal.encode(SHA1.hash(Array(message.utf8))) == expected)
  }

  /// The check value of the catalogue of CRCs, the empty input, and the example of RFC 3720, appendix B.4, by zlib.
  @Test(
    arguments: [
      (Array("123456789".utf8), 0xCBF4_3926), ([], 0), ([UInt8](repeating: 0, count: 32), 0x190A_55AD),
      ([UInt8](repeating: 0xFF, count: 32), 0xFF6C_AB0B),
    ] as [([UInt8], UInt32)])
  func crc32(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32.of(bytes[...]) == expected)
  }

  @Test func crc32ContinuesAtEveryPlace() {
    let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let whole = CRC32.of(bytes[...])
    for place in 0...bytes.count {
      #expect(CRC32.of(bytes[place...], after: CRC32.of(bytes[..<place])) == whole)
    }
  }

  @Test func crc16HasTheCheckValueOfXModem() {
    #expect(CRC16.of("123456789".utf8) == 0x31C3)
  }

  /// Published values. Another result would change the names of units that an earlier agent started.
  @Test(arguments: [
    ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
  ])
  func fnv1a(text: String, expected: UInt64) {
    #expect(FNV1a.digest(text.utf8) == expected)
  }
}
