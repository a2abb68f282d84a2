import Encoding

@_silgen_name("exit") private func exit(_ status: Int32) -> Never

private func expect(_ condition: Bool, _ what: StaticString) {
  guard !condition else { return }
  print("failed: ", terminator: "")
  print(what)
  exit(1)
}

@main struct EncodingProgram {
  static func main() {
    let bytes = Array("foob\u{3FB}".utf8)
    expect(Base64.encode(bytes) == "Zm9vYs+7", "base64")
    expect(Base64.encode(bytes[...], .url) == "Zm9vYs-7", "base64url of a slice")
    expect(Base64.decode("Zm9vYs+7") ?? [] == bytes, "base64 decoding")
    expect(Base64.decode("Zm9vYs-7"[...], .url) ?? [] == bytes, "base64url decoding of a substring")
    expect(Base64.decode("AB==") == nil, "trailing bits")
    expect(Base32.encode("foobar".utf8) == "MZXW6YTBOI", "base32")
    expect(Base32.decode("MZXW6YTBOI") ?? [] == Array("foobar".utf8), "base32 decoding")
    expect(Hexadecimal.encode([0, 0xAB]) == "00ab", "hexadecimal")
    expect(Hexadecimal.text(0xBEEF as UInt32) == "0000beef", "hexadecimal number")
    expect(PercentEncoding.decode("a%2Fb") ?? [] == Array("a/b".utf8), "percent-encoding")
    expect(PercentEncoding.decode("%2"[...]) == nil, "incomplete percent-encoding")

    expect(RFC3339.text(1_795_541_589.5) == "2026-11-24T17:33:09.500Z", "RFC 3339")
    expect(RFC3339.seconds("2026-11-24T18:33:09.5+01:00") == 1_795_541_589.5, "RFC 3339 decoding")
    expect(UTCTime(unixSeconds: 951_782_400) == UTCTime(year: 2000, month: 2, day: 29), "leap day")

    let digits = Array("123456789".utf8)
    expect(CRC32.of(digits[...]) == 0xCBF4_3926, "CRC-32")
    expect(CRC16.of(digits) == 0x31C3, "CRC-16")
    expect(FNV1a.digest("a".utf8) == 0xAF63_DC4C_8601_EC8C, "FNV-1a")
    expect(SHA256.digest(of: Array("abc".utf8))[0] == 0xBA78_16BF, "SHA-256")
    expect(
      Hexadecimal.encode(SHA1.hash(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d", "SHA-1")

    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    expect(!composed.hasSameBytes(as: decomposed), "bytes of canonical equivalents")
    expect(!composed[...].hasSameBytes(as: decomposed), "bytes of a substring")
    expect(![composed].containsExactly(decomposed), "containsExactly")
    var table: [ExactString: Int] = [:]
    table[ExactString(composed)] = 1
    table[ExactString(decomposed[...])] = 2
    table["K"] = 3
    table["\u{212A}"] = 4
    expect(table.count == 4 && table["K"] == 3, "keys of a table")
    expect(Set([ExactString("a"), "a"]).count == 1, "keys of a set")
    let sorted: [ExactString] = ["b" as ExactString, "a"].sorted()
    expect(sorted.first?.text == "a", "order")
    expect("aB\u{212A}".asciiLowercased.hasSameBytes(as: "ab\u{212A}"), "ASCII lower case")
    expect("Web-1".hasSameBytesIgnoringASCIICase(as: "wEB-1"), "ASCII letters without case")
    print("encodings, times, digests and exact strings are right")
  }
}
