import Testing

@testable import PlatformCore

@Suite struct RecordCacheTests {
  private typealias Mirror = RecordCache<String>

  @Test func theNewestChangeCountsInWhateverOrderTheyCome() {
    var mirror = Mirror()
    mirror.beginRound()
    #expect(mirror.put("a", "written here", revision: 5) == .init(old: nil, new: "written here"))
    #expect(mirror.put("a", "told late", revision: 4) == nil)
    #expect(mirror.put("a", "written here", revision: 5) == nil)
    #expect(mirror["a"] == "written here")
    #expect(mirror.put("a", "newer", revision: 6) == .init(old: "written here", new: "newer"))
    #expect(mirror.delete("a", revision: 5) == nil)
    #expect(mirror.delete("a", revision: 7) == .init(old: "newer", new: nil))
    #expect(mirror["a"] == nil && mirror.count == 0)
  }

  @Test func whatWasDeletedHereIsNotBroughtBackByWhatIsOlder() {
    var mirror = Mirror()
    mirror.beginRound()
    _ = mirror.put("a", "one", revision: 3)
    #expect(mirror.deleteLocally("a", after: 3) == .init(old: "one", new: nil))
    #expect(mirror.put("a", "one", revision: 3) == nil)
    #expect(mirror["a"] == nil && mirror.count == 0)
    #expect(mirror.delete("a", revision: 4) == nil)
    #expect(mirror.put("a", "two", revision: 5) == .init(old: nil, new: "two"))
    #expect(mirror.count == 1)
  }

  @Test func aRoundEndsWithoutWhatItDidNotTell() {
    var mirror = Mirror()
    mirror.beginRound()
    for (revision, key) in ["a", "b", "c"].enumerated() {
      _ = mirror.put(key, key, revision: UInt64(revision) + 10)
    }
    #expect(!mirror.isCurrent)
    #expect(mirror.endRound().isEmpty && mirror.isCurrent)
    // The bucket was made anew: its numbers begin again.
    mirror.beginRound()
    #expect(mirror.put("b", "b", revision: 1) == nil)
    #expect(mirror.put("c", "other", revision: 2) == .init(old: "c", new: "other"))
    #expect(mirror["a"] == "a", "until the round has ended it may still come")
    #expect(mirror.endRound() == [.init(old: "a", new: nil)])
    #expect(mirror.records() == ["b", "other"])
  }

  @Test func recordsComeInOrderAndInPages() {
    var mirror = Mirror()
    mirror.beginRound()
    let keys = (0..<100).map { String($0 + 100) }
    for (index, key) in keys.shuffled().enumerated() {
      if index == 50 { _ = mirror.endRound() }
      _ = mirror.put(key, key, revision: UInt64(index) + 1)
    }
    #expect(mirror.records() == keys)
    #expect(mirror.records(after: "109", limit: 3) == ["110", "111", "112"])
    #expect(mirror.records(after: "1095", limit: 1) == ["110"])
    #expect(mirror.records(after: "199").isEmpty)
    #expect(mirror.keys(beginningWith: "11", limit: 100) == (110...119).map(String.init))
    #expect(mirror.keys(beginningWith: "11", limit: 2).count == 2)
    #expect(mirror.keys(beginningWith: "2", limit: 2).isEmpty)
    for key in keys.shuffled().prefix(60) { _ = mirror.delete(key, revision: 1_000) }
    #expect(mirror.records() == keys.filter { mirror[$0] != nil } && mirror.count == 40)
  }
}
