import Testing

@testable import OperatorCommands

@Suite struct TableTests {
  private var table: Table {
    var table = Table([
      .init("UUID", .prefix(4)), .init("NAME", .cut(4)), .init("N", isRight: true), .init("OS", .dropped(2)),
      .init("V", .dropped(1)),
    ])
    table.add("0123456789", "webserver", "5", "ubuntu", "1")
    table.add("9876543210", "日本", "123", "", "22")
    return table
  }

  private let plain = Palette(isOn: false)

  @Test func columnsAreAlignedWithoutTerminal() {
    #expect(
      table.lines(width: nil, palette: plain) == [
        "UUID        NAME         N  OS      V",
        "0123456789  webserver    5  ubuntu  1",
        "9876543210  日本       123          22",
      ])
  }

  @Test(arguments: [
    (80, 37), (37, 37), (36, 31), (31, 31), (30, 23), (23, 23), (22, 19), (19, 19), (17, 17), (1, 15),
  ])
  func tableFitsTheTerminal(width: Int, expected: Int) {
    let lines = table.lines(width: width, palette: plain)
    let widest = lines.map(DisplayWidth.of).max() ?? 0
    #expect(widest <= max(width, 15))
    #expect(lines[1].hasPrefix("0123"))
  }

  @Test func highestDropRankIsDroppedFirst() {
    #expect(table.lines(width: 30, palette: plain)[0].contains("OS") == false)
    #expect(table.lines(width: 30, palette: plain)[0].contains("V"))
  }

  /// Key columns are present at any width.
  @Test(arguments: 24...140)
  func keyColumnsAreNeverDropped(width: Int) {
    var table = Table([
      .init("TIME"), .init("BY", .dropped(1)), .init("ACTION", isKey: true), .init("OBJECT", .prefix(8)),
      .init("DETAILS", .cut(10), isKey: true), .init("LABELS", .cut(10)),
    ])
    table.add(
      "2026-11-29 14:00:00", "alice", "do", "0123456789abcdef", "exec /usr/bin/uptime --pretty",
      "env=prod,tier=web")
    let lines = table.lines(width: width, palette: plain)
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= width })
    #expect(lines[0].contains("ACTION") && lines[0].contains("DETAIL"))
    #expect(lines[1].contains("do") && lines[1].contains("exec /usr"))
  }

  @Test func earlyTruncationKeepsOtherColumns() {
    var table = Table([
      .init("ID", isKey: true), .init("WHAT", .cutEarly(12, least: 6), isKey: true), .init("BY", .dropped(1)),
    ])
    table.add("1", "exec /usr/bin/a-very-long-program", "alice")
    #expect(
      table.lines(width: 23, palette: plain) == ["ID  WHAT          BY", "1   exec /usr/b…  alice"])
    #expect(table.lines(width: 12, palette: plain)[1] == "1   exec /u…")
    #expect(table.lines(width: nil, palette: plain)[1].contains("a-very-long-program  alice"))
  }

  @Test func coloursDoNotChangeAlignment() {
    var table = Table([.init("A"), .init("B")])
    table.add(.init("x", .bad), "y")
    let lines = table.lines(width: 80, palette: Palette(isOn: true))
    #expect(lines[1] == "\u{1B}[31mx\u{1B}[0m  y")
  }

  @Test func cellIsOneEscapedLine() {
    var table = Table([.init("A")])
    table.add(.init("x\n\u{1B}[2J"))
    #expect(table.lines(width: nil, palette: plain)[1] == "x\\n\\u{1B}[2J")
  }

  @Test func styledLineIsTruncatedByVisibleWidth() {
    var line = StyledLine()
    line.add("abc", .good)
    line.add("defgh", .bad)
    #expect(line.text(plain, width: 6) == "abcde…" || line.text(plain, width: 6) == "abcde…")
    #expect(line.text(Palette(isOn: true), width: 4) == "\u{1B}[32mabc\u{1B}[0m\u{1B}[31m…\u{1B}[0m")
  }
}
