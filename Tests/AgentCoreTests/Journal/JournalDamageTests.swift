import AgentProtocol
import Clocks
import Encoding
import Glibc
import HostControl
import JSON
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(2))) struct JournalDamageTests {
  /// A journal file and the offsets of its frames.
  private struct Specimen {
    var bytes: [UInt8] = []
    var frames: [(record: JournalRecord, range: Range<Int>)] = []
    var results: [String: ResultPayload] = [:]
  }

  /// Thousands of journals are opened here; none has to survive.
  private static let memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"

  private static func name(_ number: Int) -> String { "000000000\(number).log" }

  private static func specimen() async throws -> Specimen {
    let folder = try TemporaryFolder(in: memory)
    let journal = CommandJournal.test(in: folder.path)
    var specimen = Specimen()
    _ = try await journal.open()
    // The beginning of a frame inside a result, as an attacker might forge it.
    let forged = JournalFrame.encode(.started(.test("forged"), bootID: "")).map { String(UnicodeScalar($0)) }
      .joined()
    for (id, output) in [("a", "first"), ("b", forged), ("c", "")] {
      specimen.results[id] = try await journal.record(id, output: output)
    }
    journal.markDelivered(JournalKey("a"))
    journal.register(.test("d"), to: .test)
    try await journal.start(JournalKey("d"))
    journal.recordProcess(ProcessIdentity(pid: 9, startTicks: 1), of: JournalKey("d"))
    await journal.close()
    let path = "\(folder.path)/journal/\(name(1))"
    specimen.bytes = DiskFile.read(path)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let scan = JournalSegment.scan(descriptor, size: specimen.bytes.count, checksResults: true) {
      specimen.frames.append(($0, $1..<($1 + $2)))
    }
    #expect(scan == JournalSegment.Scan(end: specimen.bytes.count, hasGap: false))
    #expect(specimen.frames.count == 9)
    return specimen
  }

  /// The results and interrupted runs in a journal of these files.
  private static func reopen(
    _ files: [Int: [UInt8]], _ specimen: Specimen
  ) async throws -> (answered: Set<String>, interrupted: Set<String>, forgets: Bool) {
    let folder = try TemporaryFolder(in: memory)
    #expect(mkdir(folder.path + "/journal", 0o700) == 0)
    for (number, bytes) in files { try folder.write("journal/" + name(number), bytes) }
    let journal = CommandJournal.test(in: folder.path)
    let interrupted = try await journal.open()
    var answered: Set<String> = []
    for (id, original) in specimen.results where journal.lookUp(id) == .answered {
      answered.insert(id)
      // In an older segment the result itself may be damaged, but it is never replaced by another one.
      if let stored = await journal.result(of: JournalKey(id)) { #expect(stored.payload == original) }
    }
    #expect(journal.lookUp("forged") != .pending)
    let forgets = journal.lookUp("new", at: 1_000) == .forgotten
    // Later commands are stored in any case.
    try await journal.record("next", at: 2_000)
    await journal.close()
    let again = CommandJournal.test(in: folder.path)
    _ = try await again.open()
    #expect(again.lookUp("next") == .answered)
    #expect(answered.allSatisfy { again.lookUp($0) == .answered })
    await again.close()
    return (answered, Set(interrupted.map(\.commandID)), forgets)
  }

  private static func expected(
    _ specimen: Specimen, where isThere: (Range<Int>) -> Bool
  ) -> (answered: Set<String>, interrupted: Set<String>) {
    var answered: Set<String> = []
    var started: Set<String> = []
    for frame in specimen.frames where isThere(frame.range) {
      switch frame.record {
      case .started(let command, _): started.insert(command.id)
      case .answered(let command, _, _): answered.insert(command.id)
      case .process, .delivered: break
      }
    }
    return (answered, started.subtracting(answered))
  }

  @Test func truncatedFileKeepsItsCompleteRecords() async throws {
    let specimen = try await Self.specimen()
    for length in 0...specimen.bytes.count {
      let found = try await Self.reopen([1: Array(specimen.bytes[..<length])], specimen)
      let expected = Self.expected(specimen) { $0.upperBound <= length }
      #expect(found.answered == expected.answered, "cut to \(length)")
      #expect(found.interrupted == expected.interrupted, "cut to \(length)")
      #expect(!found.forgets, "a torn end was never confirmed, cut to \(length)")
    }
  }

  @Test func flippedByteLosesOnlyItsRecord() async throws {
    let specimen = try await Self.specimen()
    for position in specimen.bytes.indices {
      var bytes = specimen.bytes
      bytes[position] ^= 1 << UInt8(position % 8)
      let found = try await Self.reopen([1: bytes], specimen)
      let expected = Self.expected(specimen) { !$0.contains(position) }
      #expect(found.answered == expected.answered, "flipped \(position)")
      #expect(found.interrupted == expected.interrupted, "flipped \(position)")
      if position >= JournalSegment.headerSize {
        #expect(found.forgets, "a missing command may have run, flipped \(position)")
      }
    }
  }

  @Test(arguments: 0..<9) func flippedBitInTheLastFrameIsDamage(number: Int) async throws {
    let specimen = try await Self.specimen()
    let frame = specimen.frames[number]
    for position in frame.range {
      for bit: UInt8 in [0, 3, 7] {
        var bytes = Array(specimen.bytes[..<frame.range.upperBound])
        bytes[position] ^= 1 << bit
        let found = try await Self.reopen([1: bytes], specimen)
        #expect(found.forgets, "bit \(bit) of byte \(position - frame.range.lowerBound) of \(frame.record)")
      }
    }
  }

  /// After a power loss, unwritten bytes may be zeros.
  @Test(arguments: 0..<9) func frameThatEndsInZerosIsTorn(number: Int) async throws {
    let specimen = try await Self.specimen()
    let range = specimen.frames[number].range
    // A record may end with zeros itself.
    for length in range.lowerBound..<(range.upperBound - 11) {
      for zeros in [range.upperBound - length, 8_192] {
        let bytes = specimen.bytes[..<length] + [UInt8](repeating: 0, count: zeros)
        let found = try await Self.reopen([1: Array(bytes)], specimen)
        #expect(!found.forgets, "cut \(length - range.lowerBound) into a frame, \(zeros) zeros")
        let expected = Self.expected(specimen) { $0.upperBound <= range.lowerBound }
        #expect(found.answered == expected.answered)
        #expect(found.interrupted == expected.interrupted)
      }
    }
  }

  /// The machine's clock, which dates the file, is a day ahead of the platform's.
  @Test func platformTimeLimitsTheWatermarkOfAWrongClock() async throws {
    let day: Int64 = 86_400
    let folder = try TemporaryFolder(in: Self.memory)
    let path = "\(folder.path)/journal/\(Self.name(1))"
    let lost = UnixTime.now - day
    let journal = CommandJournal.test(in: folder.path)
    _ = try await journal.open()
    journal.register(.test("lost", at: lost), to: .test)
    try await journal.start(JournalKey("lost"))
    await journal.close()
    var bytes = DiskFile.read(path)
    bytes[bytes.count - 1] ^= 1
    try folder.write("journal/" + Self.name(1), bytes)
    for attempt in 1...3 {
      let damaged = CommandJournal.test(in: folder.path)
      #expect(try await damaged.open().isEmpty)
      let made = UnixTime.now - day + 65
      #expect(
        damaged.lookUp("new \(attempt)", at: made) == .forgotten, "nothing is known of the platform's clock")
      var evidence = ClockEvidence()
      let reading = ClockReading.current
      evidence.published("c", at: reading)
      _ = evidence.received(UnixTime.now - day, answering: "c", at: reading)
      damaged.limitDamage(by: evidence)
      #expect(damaged.lookUp("new \(attempt)", at: made) == .unknown)
      #expect(damaged.lookUp("lost", at: lost) == .forgotten)
      // A new segment is created.
      try await damaged.record("next \(attempt)", at: made)
      await damaged.close()
    }
  }

  @Test func damageOfARemovedFileOutlivesRestarts() async throws {
    let folder = try TemporaryFolder(in: Self.memory)
    var journal = CommandJournal.test(in: folder.path)
    _ = try await journal.open()
    let time = UnixTime.now
    journal.register(.test("lost", at: time), to: .test)
    try await journal.start(JournalKey("lost"))
    await journal.close()
    let size = DiskFile.read("\(folder.path)/journal/\(Self.name(1))").count
    try folder.write("journal/" + Self.name(1), [UInt8](repeating: 0xFF, count: size))
    for start in 0..<3 {
      journal = CommandJournal.test(in: folder.path)
      _ = try await journal.open()
      #expect(journal.lookUp("lost", at: time) == .forgotten, "start \(start)")
      try await journal.record("other-\(start)", at: time + 1_000)
      await journal.close()
    }
  }

  @Test func damageOutlivesTheFileThatItHit() async throws {
    let folder = try TemporaryFolder(in: Self.memory)
    let limits = JournalLimits(entries: 8, segmentEntries: 4)
    var journal = CommandJournal.test(in: folder.path, limits: limits)
    _ = try await journal.open()
    let time = UnixTime.now
    journal.register(.test("lost", at: time), to: .test)
    try await journal.start(JournalKey("lost"))
    await journal.close()
    var bytes = DiskFile.read("\(folder.path)/journal/\(Self.name(1))")
    bytes[bytes.count - 1] ^= 1
    try folder.write("journal/" + Self.name(1), bytes)
    journal = CommandJournal.test(in: folder.path, limits: limits)
    _ = try await journal.open()
    for number in 0..<20 { try await journal.record("\(number)", at: 1_000) }
    await journal.close()
    #expect(!DiskFile.names(folder.path + "/journal").contains(Self.name(1)))
    journal = CommandJournal.test(in: folder.path, limits: limits)
    _ = try await journal.open()
    #expect(journal.lookUp("lost", at: time) == .forgotten)
    await journal.close()
  }

  @Test(arguments: 0..<4)
  func damagedOlderFileIsReadAsFarAsPossible(quarter: Int) async throws {
    let specimen = try await Self.specimen()
    let empty = JournalSegment.header(watermark: .min)
    let step = specimen.bytes.count / 4
    for position in (quarter * step)..<min(specimen.bytes.count, (quarter + 1) * step) {
      var bytes = specimen.bytes
      bytes[position] ^= 0x10
      let found = try await Self.reopen([1: bytes, 2: empty], specimen)
      // The results of older files are not verified on opening.
      let expected = Self.expected(specimen) { !$0.contains(position) }
      #expect(found.answered.isSuperset(of: expected.answered), "flipped \(position)")
      #expect(found.interrupted.isSubset(of: ["a", "b", "c", "d"]), "flipped \(position)")
    }
  }

  /// Only the damage itself remains of the command.
  @Test func damageRejectsCommandsThatMayHaveBeenWritten() async throws {
    let folder = try TemporaryFolder(in: Self.memory)
    let path = "\(folder.path)/journal/\(Self.name(1))"
    let now = UnixTime.now
    let journal = CommandJournal.test(in: folder.path)
    _ = try await journal.open()
    try await journal.record("lost", at: now)
    journal.markDelivered(JournalKey("lost"))
    await journal.close()
    var bytes = DiskFile.read(path)
    let id = Array("lost".utf8)
    var hits = 0
    for position in bytes.indices.dropLast(id.count) where bytes[position...].starts(with: id) {
      bytes[position] ^= 1
      hits += 1
    }
    #expect(hits >= 2)
    try folder.write("journal/" + Self.name(1), bytes)
    let written = UnixTime.now
    for _ in 1...3 {
      let damaged = CommandJournal.test(in: folder.path)
      #expect(try await damaged.open().isEmpty)
      #expect(damaged.lookUp("lost", at: now) == .forgotten)
      // Later commands run after any number of restarts.
      #expect(damaged.lookUp("new", at: written + 2) == .unknown)
      try await damaged.record("next", at: written + 100)
      await damaged.close()
      #expect(DiskFile.names(folder.path + "/journal") == [Self.name(1), Self.name(2), "lock"])
    }
  }

  @Test func garbageIsNoJournal() async throws {
    var generator = SplitMix(state: 1)
    let specimen = try await Self.specimen()
    for size in [1, 31, 32, 33, 48, 1_000, 20_000] {
      let bytes = (0..<size).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let found = try await Self.reopen([1: bytes, 7: bytes], specimen)
      #expect(found.answered.isEmpty)
      #expect(found.interrupted.isEmpty)
    }
  }

  @Test(arguments: [UInt8(0), 7]) func fileWithoutAHeaderIsRemoved(byte: UInt8) async throws {
    let specimen = try await Self.specimen()
    let folder = try TemporaryFolder(in: Self.memory)
    #expect(mkdir(folder.path + "/journal", 0o700) == 0)
    try folder.write("journal/" + Self.name(1), specimen.bytes)
    try folder.write("journal/" + Self.name(2), [UInt8](repeating: byte, count: 4_096))
    for isFirst in [true, false] {
      let journal = CommandJournal.test(in: folder.path)
      _ = try await journal.open()
      let forgets = journal.lookUp("new", at: 1_000) == .forgotten
      #expect(forgets == (isFirst && byte != 0), "a file that was never written lacks nothing")
      #expect(journal.lookUp("a") == .answered)
      await journal.close()
      #expect(DiskFile.names(folder.path + "/journal") == [Self.name(1), "lock"])
    }
  }

  @Test func otherVersionIsKeptAndOldCommandsAreRejected() async throws {
    let specimen = try await Self.specimen()
    var bytes = specimen.bytes
    bytes[6] = 2
    let checksum = CRC32.of(bytes[..<28])
    for index in 0..<4 { bytes[28 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
    let found = try await Self.reopen([1: bytes], specimen)
    #expect(found.answered.isEmpty)
    #expect(found.forgets)
  }

  /// A copy of the file shows the state after a crash at that moment.
  @Test func confirmedRecordsAreInTheFile() async throws {
    let folder = try TemporaryFolder(in: Self.memory)
    let journal = CommandJournal.test(in: folder.path)
    _ = try await journal.open()
    for number in 1...20 {
      let id = "c\(number)"
      journal.register(.test(id), to: .test)
      try await journal.start(JournalKey(id))
      let started = DiskFile.read("\(folder.path)/journal/\(Self.name(1))")
      let result = await journal.end(id, output: "x")
      let ended = DiskFile.read("\(folder.path)/journal/\(Self.name(1))")
      let specimen = Specimen(results: [id: result])
      #expect(try await Self.reopen([1: started], specimen).interrupted == [id])
      #expect(try await Self.reopen([1: ended], specimen).answered == [id])
    }
    await journal.close()
  }

  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
  }
}
