import Testing

@testable import OperatorConsole

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

  @Test func alignsWithoutATerminal() {
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
  func fitsTheTerminal(width: Int, expected: Int) {
    let lines = table.lines(width: width, palette: plain)
    let widest = lines.map(DisplayWidth.of).max() ?? 0
    #expect(widest <= max(width, 15))
    #expect(lines[1].hasPrefix("0123"))
  }

  @Test func leavesOutTheLeastImportantColumnFirst() {
    #expect(table.lines(width: 30, palette: plain)[0].contains("OS") == false)
    #expect(table.lines(width: 30, palette: plain)[0].contains("V"))
  }

  @Test func paintsCellsWithoutMovingThem() {
    var table = Table([.init("A"), .init("B")])
    table.add(.init("x", .bad), "y")
    let lines = table.lines(width: 80, palette: Palette(isOn: true))
    #expect(lines[1] == "\u{1B}[31mx\u{1B}[0m  y")
  }

  @Test func aCellIsOneSafeLine() {
    var table = Table([.init("A")])
    table.add(.init("x\n\u{1B}[2J"))
    #expect(table.lines(width: nil, palette: plain)[1] == "x\\n\\u{1B}[2J")
  }

  @Test func aStyledLineIsCutByWhatIsSeen() {
    var line = StyledLine()
    line.add("abc", .good)
    line.add("defgh", .bad)
    #expect(line.text(plain, width: 6) == "abcde…" || line.text(plain, width: 6) == "abcde…")
    #expect(line.text(Palette(isOn: true), width: 4) == "\u{1B}[32mabc\u{1B}[0m\u{1B}[31m…\u{1B}[0m")
  }
}
