import Glibc
import Testing

@testable import HostControl

@Suite struct ProcessRecordTests {
  private func parse(_ line: String) -> ProcessRecord? {
    Array(line.utf8).withUnsafeBytes { ProcessRecord(pid: 7, statLine: $0) }
  }

  @Test(arguments: ["sleep", "a b", "x) Z 1 1", "((", ")", ""])
  func anyProgramNameIsParsed(_ name: String) throws {
    let line = "7 (\(name)) S 3 5 6 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2 3\n"
    let record = try #require(parse(line))
    #expect(record.parent == 3)
    #expect(record.group == 5)
    #expect(record.session == 6)
    #expect(record.startTicks == 98765)
    #expect(!record.hasEnded)
  }

  @Test(arguments: ["", "7 (", "7 (a)", "7 (a) S 1 2", "7 (a) S x 5 6 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 9 1"])
  func malformedLinesAreRejected(_ line: String) {
    #expect(parse(line) == nil)
  }

  @Test func recordOfThisProcessIsRead() throws {
    let record = try #require(ProcessRecord.read(getpid()))
    #expect(record.parent == getppid())
    #expect(record.session == getsid(0))
    #expect(ProcessRecord.readAll().contains { $0.pid == getpid() && $0.startTicks == record.startTicks })
  }
}
