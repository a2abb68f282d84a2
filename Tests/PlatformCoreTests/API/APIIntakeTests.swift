import Testing

@testable import PlatformCore

@Suite struct APIIntakeTests {
  @Test func someRunSomeWaitInOrderTheRestIsTurnedAway() {
    var intake = APIIntake<Int>(maximumRunning: 2, maximumWaiting: 3, runningShare: 2, waitingShare: 3)
    let admitted = (1...6).map { intake.admit($0, of: "a") }
    #expect(admitted == [.start, .start, .waits, .waits, .waits, .full])
    let third = intake.next(after: "a")?.request
    #expect(third == 3)
    #expect(intake.admit(7, of: "a") == .waits)
    let rest = (1...3).map { _ in intake.next(after: "a")?.request }
    #expect(rest == [4, 5, 7])
    #expect(intake.running == 2)
    let ends = (1...2).map { _ in intake.next(after: "a")?.request }
    #expect(ends == [nil, nil])
    #expect(intake.running == 0)
    #expect(intake.admit(8, of: "a") == .start)
  }

  @Test func whoAsksMuchLeavesRoomForOthers() {
    var intake = APIIntake<Int>(maximumRunning: 4, maximumWaiting: 10, runningShare: 2, waitingShare: 3)
    let admitted = (1...6).map { intake.admit($0, of: "much") }
    #expect(admitted == [.start, .start, .waits, .waits, .waits, .full])
    #expect(intake.admit(7, of: "little") == .start)
    #expect(intake.admit(8, of: "little") == .start)
    #expect(intake.admit(9, of: "little") == .waits)
    // "much" has its share running, so the one behind its three is next.
    let next = ["little", "much", "little"].map { intake.next(after: $0)?.request }
    #expect(next == [9, 3, nil])
    #expect(intake.running == 3)
  }
}
