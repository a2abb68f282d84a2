import Encoding
import Testing

@Suite struct Base64Tests {
  // RFC 4648, section 10, and characters beyond ASCII.
  @Test(arguments: [
    ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"),
    ("foob", "Zm9vYg==", "Zm9vYg"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
    ("\u{3FB}\u{7FF}", "z7vfvw==", "z7vfvw"), ("~~?", "fn4/", "fn4_"),
  ])
  func encodesAndDecodesBothAlphabets(plain: String, standard: String, url: String) {
    #expect(Base64.encode(plain.utf8) == standard)
    #expect(Base64.encode(plain.utf8, .url) == url)
    #expect(Base64.decode(standard) == Array(plain.utf8))
    #expect(Base64.decode(url, .url) == Array(plain.utf8))
  }

  @Test(
    arguments: [
      ([], ""), ([0xFF], "_w"), ([0xFB, 0xFF], "-_8"), (Array("foobar".utf8), "Zm9vYmFy"),
    ] as [([UInt8], String)])
  func urlAlphabetHasNoPadding(bytes: [UInt8], text: String) {
    #expect(Base64.encode(bytes, .url) == text)
  }

  @Test(
    arguments: [
      ("", []), ("AA==", [0]), ("aGk=", [104, 105]), ("aGV5", [104, 101, 121]), ("+/+/", [251, 255, 191]),
      ("A", nil), ("AA=A", nil), ("A===", nil), ("AAA!", nil), ("====", nil), ("AA==AA==", nil), ("AA", nil),
      ("-_-_", nil), ("AAAé", nil),
    ] as [(String, [UInt8]?)])
  func standardAlphabetRequiresPadding(text: String, bytes: [UInt8]?) {
    #expect(Base64.decode(text) == bytes)
    #expect(Base64.decode(text, ignoringTrailingBits: true) == bytes)
  }

  @Test(arguments: ["Z", "Zh", "Zg==", "Zm9+", "Zm 9v", "\u{212A}A"])
  func urlAlphabetRejectsOtherText(text: String) {
    #expect(Base64.decode(text, .url) == nil)
  }

  @Test func trailingBitsAreAcceptedOnRequest() {
    #expect(Base64.decode("AB==") == nil)
    #expect(Base64.decode("AB==", ignoringTrailingBits: true) == [0])
    #expect(Base64.decode("Zh", .url, ignoringTrailingBits: true) == [0x66])
  }
}

@Suite struct Base32Tests {
  // RFC 4648, section 10, without the padding.
  @Test(arguments: [
    ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
    ("foobar", "MZXW6YTBOI"),
  ])
  func encodesAndDecodes(plain: String, encoded: String) {
    #expect(Base32.encode(plain.utf8) == encoded)
    #expect(Base32.decode(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["A", "MZX", "mzxw6", "MZXW6===", "MZ1W", "MZ", "\u{212A}ZXW6"])
  func rejectsOtherText(text: String) {
    #expect(Base32.decode(text) == nil)
  }
}

@Suite struct HexadecimalTests {
  @Test func bytesHaveTwoDigitsInLowerCase() {
    #expect(Hexadecimal.encode([]) == "")
    #expect(Hexadecimal.encode([0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
  }

  @Test func numbersHaveLeadingZeros() {
    #expect(Hexadecimal.text(0 as UInt8) == "00")
    #expect(Hexadecimal.text(0xBEEF as UInt32) == "0000beef")
    #expect(Hexadecimal.text(UInt64.max) == "ffffffffffffffff")
    #expect(Hexadecimal.text(0x1B as UInt32, width: 4) == "001b")
    #expect(Hexadecimal.text(0x1F600 as UInt32, width: 4) == "1f600")
    #expect(Hexadecimal.text(0 as UInt32, width: 0) == "")
  }

  @Test func digitsAreReadInEitherCase() {
    for byte in UInt8.min ... .max {
      let expected = Unicode.Scalar(byte).isASCII ? Character(Unicode.Scalar(byte)).hexDigitValue : nil
      #expect(Hexadecimal.value(of: byte).map(Int.init) == expected)
    }
  }
}

@Suite struct PercentEncodingTests {
  @Test(
    arguments: [
      ("", []), ("a+b", [0x61, 0x2B, 0x62]), ("%00%fF", [0x00, 0xFF]), ("%25%", nil), ("%4", nil),
      ("%4g", nil),
      ("% 41", nil), ("é", [0xC3, 0xA9]),
    ] as [(String, [UInt8]?)])
  func decodesPercentAndTwoDigits(text: String, bytes: [UInt8]?) {
    #expect(PercentEncoding.decode(text) == bytes)
  }
}

@Suite struct ASCIITests {
  @Test func onlyASCIILettersChangeCase() {
    #expect("aBZ@[é\u{C9}\u{212A}".asciiLowercased == "abz@[é\u{C9}\u{212A}")
    #expect("Web-1".hasSameBytesIgnoringASCIICase(as: "wEB-1"))
    #expect(!"k".hasSameBytesIgnoringASCIICase(as: "\u{212A}"))
    #expect(!"\u{E9}".hasSameBytesIgnoringASCIICase(as: "e\u{301}"))
    #expect(!"@".hasSameBytesIgnoringASCIICase(as: "`"))
    #expect(!"ab".hasSameBytesIgnoringASCIICase(as: "abc"))
  }
}
