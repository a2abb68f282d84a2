import Testing

@testable import StructuredLogging

@Suite struct LogDropPolicyTests {
  private var room = LogDropPolicy(capacity: 100)

  private mutating func keeps(_ size: Int, beside waiting: Int = 0, isExpendable: Bool = false) -> Bool {
    room.admits(size, beside: waiting, isExpendable: isExpendable)
  }

  @Test mutating func expendableLinesUseHalfOfTheCapacity() {
    let kept = [
      keeps(50, isExpendable: true), keeps(1, beside: 50, isExpendable: true), keeps(50, beside: 50),
    ]
    #expect(kept == [true, false, true])
    #expect(room.lost == 1)
  }

  @Test mutating func lostExpendableLineRejectsOnlyExpendableLines() {
    let kept = [keeps(51, isExpendable: true), keeps(1, isExpendable: true), keeps(1)]
    #expect(kept == [false, false, true])
    let lost = room.takeLost()
    let isOpen = keeps(1, isExpendable: true)
    #expect(lost == 2 && isOpen)
  }

  @Test mutating func lostLineRejectsAllLinesUntilTheLossIsReported() {
    let kept = [keeps(101), keeps(1), keeps(1, isExpendable: true)]
    #expect(kept == [false, false, false])
    let lost = room.takeLost()
    #expect(lost == 3)
    room.lose(2)
    let isOpen = keeps(1)
    #expect(!isOpen && room.lost == 3)
    _ = room.takeLost()
    let isOpenAgain = keeps(100)
    #expect(isOpenAgain)
  }
}
