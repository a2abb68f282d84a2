import Glibc
import Logging
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct PlatformClockTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private var path: String { "\(folder.path)/clock.json" }

  private func clock(
    _ bootID: String = "boot", pause: Duration = .seconds(60), logger: Logger = Self.logger
  ) -> PlatformClock {
    PlatformClock(folder: folder.path, bootID: bootID, pause: pause, logger: logger)
  }

  /// The inode of the file; each write creates another file.
  private var file: UInt64 {
    var status = stat()
    return lstat(path, &status) == 0 ? UInt64(status.st_ino) : 0
  }

  /// Waits for a file with another inode.
  private func otherFile(than old: UInt64) async throws -> UInt64 {
    while true {
      let new = file
      if new != 0, new != old { return new }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// A reading of a clock that is a day behind and not synchronised.
  private static var reading: ClockReading {
    let current = ClockReading.current
    return ClockReading(now: current.now - 86_400, isSynchronised: false, sinceBoot: current.sinceBoot)
  }

  private static func measure(_ clock: PlatformClock) {
    clock.published("c", at: reading)
    #expect(clock.received(reading.now + 86_400, answering: "c", at: reading))
  }

  private func running(_ clock: PlatformClock, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await clock.run() }
      try await body()
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  @Test func measuredClockIsWrittenImmediately() async throws {
    let first = clock()
    try await running(first) {
      Self.measure(first)
      while DiskFile.mode(path) == 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
    #expect(DiskFile.mode(path) == 0o600)
    let expiry = Self.reading.now + 86_400 + 60
    #expect(clock().evidence.verdict(on: expiry, at: Self.reading) == .valid)
    #expect(clock("another boot").evidence.verdict(on: expiry, at: Self.reading) == .unknown)
    #expect(clock("another boot").evidence.verdict(on: expiry - 600, at: Self.reading) == .expired)
  }

  @Test func insubstantialChangesAreNotWritten() async throws {
    let clock = clock(pause: .milliseconds(1))
    try await running(clock) {
      Self.measure(clock)
      let first = try await otherFile(than: 0)
      // New times that are too close to the written ones to be saved.
      var files: Set<UInt64> = []
      for _ in 0..<500 {
        clock.received(Self.reading.now + 86_400 + 20, at: Self.reading)
        try await Task.sleep(for: .microseconds(200))
        files.insert(file)
      }
      #expect(files == [first])
      // A substantial change is written.
      let current = ClockReading.current
      clock.received(
        nil, at: ClockReading(now: current.now, isSynchronised: true, sinceBoot: current.sinceBoot))
      _ = try await otherFile(than: first)
    }
  }

  @Test func writesArePaced() async throws {
    let clock = clock()
    try await running(clock) {
      Self.measure(clock)
      let first = try await otherFile(than: 0)
      for second: Int64 in 1...200 {
        clock.published("c", at: Self.reading)
        _ = clock.received(Self.reading.now + 86_400 + 100 * second, answering: "c", at: Self.reading)
        try await Task.sleep(for: .microseconds(200))
      }
      #expect(file == first)
    }
  }

  @Test func correctionsAreLoggedOnce() {
    let recorder = Recorder()
    let clock = clock(
      logger: Logger(label: "test") { _ in LogMessages(recorder: recorder, field: "ahead_s") })
    for time in [4_102_444_800, Self.reading.now, 4_102_444_800, Self.reading.now] {
      clock.published("c", at: Self.reading)
      _ = clock.received(time, answering: "c", at: Self.reading)
    }
    #expect(recorder.entries.count == 1)
    #expect(recorder.entries.first?.contains("stamped by a clock that was ahead") == true)
  }

  @Test(arguments: ["", "{", "[1]", String(repeating: "x", count: 10_000)])
  func unreadableFilesAreNoEvidence(text: String) throws {
    try folder.write("clock.json", Array(text.utf8))
    #expect(clock().evidence == ClockEvidence())
  }

  @Test func nothingIsWrittenWithoutAFolder() async throws {
    let clock = PlatformClock(folder: nil, bootID: "boot", logger: Self.logger)
    try await running(clock) { Self.measure(clock) }
    #expect(clock.evidence.measured != nil)
  }
}
