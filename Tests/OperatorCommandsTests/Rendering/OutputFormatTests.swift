import JSON
import Testing
import Yams

@testable import OperatorCommands

@Suite struct OutputFormatTests {
  @Test func jsonKeepsOrderAndDigits() {
    let value: JSONValue = ["b": 1, "a": [1.5, "x\"y"], "empty": [:], "none": [], "big": .unsigned(.max)]
    #expect(
      PrettyJSON.text(of: value) == """
        {
          "b": 1,
          "a": [
            1.5,
            "x\\"y"
          ],
          "empty": {},
          "none": [],
          "big": 18446744073709551615
        }
        """)
  }

  @Test(arguments: [
    "true", "yes", "No", "null", "~", "12", "1.5", "0x10", "2026-11-24", "", " lead", "trail ", "a: b", "- x",
    "#c", "é", "a\nb",
    "a\nb\n", "\n", "a\n\n b", "plain text", "/usr/bin/df", "it's", "\"q\"", "@x", "{", "[", "a\tb", "\u{1B}",
    "\u{85}", "日本",
  ])
  func yamlStringRoundTrips(text: String) throws {
    let yaml = try YAMLText.text(of: ["key": .string(text), "list": [.string(text)]])
    let node = try Yams.compose(yaml: yaml + "\n")
    #expect(node?["key"]?.scalar?.string == text)
    #expect(node?["list"]?[0]?.scalar?.string == text)
    #expect(node?["key"]?.tag == Tag(.str))
  }

  @Test func yamlKeepsNonStringValues() throws {
    let yaml = try YAMLText.text(of: [
      "num": 1, "f": 2.5, "b": true, "z": nil, "l": [], "o": [:], "deep": [["a": [1]]],
    ])
    #expect(yaml == "num: 1\nf: 2.5\nb: true\nz: null\nl: []\no: {}\ndeep:\n- a:\n  - 1")
  }

  @Test func numbersAndTimesAreFormatted() {
    #expect(NumberFormat.bytes(0) == "0 B")
    #expect(NumberFormat.bytes(1023) == "1023 B")
    #expect(NumberFormat.bytes(1024) == "1.0 KiB")
    #expect(NumberFormat.bytes(564_654_080) == "538.5 MiB")
    #expect(NumberFormat.bytes(1023.99 * 1024) == "1.0 MiB")
    #expect(NumberFormat.bytes(1e18) == "888.2 PiB")
    #expect(NumberFormat.bytes(-5) == "0 B")
    #expect(NumberFormat.bytes(.infinity) == "-" || NumberFormat.bytes(.infinity) == "- PiB")
    #expect(NumberFormat.percent(12.54) == "12.5 %")
    #expect(
      [0, 59.9, 60, 3599, 3600, 86_399, 86_400, 1e9].map(NumberFormat.duration) == [
        "0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "11574 d",
      ])
    #expect(NumberFormat.duration(.nan) == "0 s")
    #expect(NumberFormat.tenths(-0.25) == "-0.3")
    #expect(NumberFormat.time(1_764_005_600).count == "2025-11-24 17:33:20".count)
  }

  @Test func sparklineScalesToCeiling() {
    #expect(Sparkline.text([0, 50, 100], width: 3, ceiling: 100) == "▁▅█")
    #expect(Sparkline.text([1, 2, 4], width: 5) == "  ▃▅█")
    #expect(Sparkline.text([9, 8, 0, 7], width: 2, ceiling: 7) == "▁█")
    #expect(Sparkline.text([500, -3, .nan, .infinity], width: 4, ceiling: 100) == "█▁▁▁")
    #expect(Sparkline.text([1e300, .greatestFiniteMagnitude], width: 2, ceiling: 100) == "██")
    #expect(Sparkline.text([0, 0], width: 2) == "▁▁")
    #expect(Sparkline.text([], width: 3) == "   ")
    #expect(Sparkline.text([1], width: 0).isEmpty)
  }

  @Test func displayWidthCountsColumns() {
    #expect(DisplayWidth.of("abc") == 3)
    #expect(DisplayWidth.of("日本") == 4)
    #expect(DisplayWidth.of("e\u{301}") == 1)
    #expect(DisplayWidth.fit("日本語", into: 5) == "日本…")
    #expect(DisplayWidth.fit("abc", into: 3) == "abc")
    #expect(DisplayWidth.fit("abcd", into: 3) == "ab…")
    #expect(DisplayWidth.fit("abcd", into: 0).isEmpty)
  }
}
