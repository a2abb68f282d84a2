import Testing

@testable import AgentCore

@Suite struct TelemetryRingTests {
  private let start = ContinuousClock.now

  @Test func confirmedSnapshotsAreRemovedAndOthersStayInOrder() {
    var ring = TelemetryRing()
    for byte in UInt8(1)...3 { #expect(ring.append([byte], at: start) == 0) }
    #expect(ring.unsent(on: 1).map(\.message) == [[1], [2], [3]])
    for number in UInt64(1)...3 { ring.markSent(number, on: 1) }
    #expect(ring.unsent(on: 1).isEmpty)
    ring.confirm(upTo: 2, on: 1)
    #expect(ring.count == 1)
    _ = ring.append([4], at: start)
    #expect(ring.unsent(on: 2).map(\.message) == [[3], [4]])
    ring.markSent(3, on: 2)
    ring.confirm(upTo: 4, on: 1)
    #expect(ring.count == 2, "an old connection confirms nothing that was sent on a new one")
    ring.confirm(upTo: 4, on: 2)
    #expect(ring.unsent(on: 2).map(\.message) == [[4]], "what was not sent is not confirmed")
  }

  @Test func oldSnapshotsAreDropped() {
    var ring = TelemetryRing(maximumAge: .seconds(900))
    for second in 0..<1_000 { _ = ring.append([0], at: start + .seconds(second)) }
    #expect(ring.count == 901)
  }

  @Test func oldestSnapshotsAreDroppedBeyondTheSizeLimit() {
    var ring = TelemetryRing(maximumBytes: 100)
    #expect(ring.append([UInt8](repeating: 1, count: 60), at: start) == 0)
    #expect(ring.append([UInt8](repeating: 2, count: 30), at: start) == 0)
    #expect(ring.append([UInt8](repeating: 3, count: 80), at: start) == 2)
    #expect(ring.unsent(on: 1).map { $0.message.first } == [3])
    #expect(ring.append([UInt8](repeating: 4, count: 500), at: start) == 1)
    #expect(ring.count == 1, "the newest stays, whatever its size")
  }

  @Test func discardedSnapshotIsRemoved() {
    var ring = TelemetryRing(maximumBytes: 100)
    _ = ring.append([1], at: start)
    _ = ring.append([UInt8](repeating: 2, count: 90), at: start)
    ring.discard(2)
    #expect(ring.count == 1)
    #expect(ring.append([UInt8](repeating: 3, count: 90), at: start) == 0, "its bytes are free again")
  }
}
