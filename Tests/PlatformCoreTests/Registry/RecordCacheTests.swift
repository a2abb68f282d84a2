import Testing

@testable import PlatformCore

@Suite struct RecordCacheTests {
  private typealias Mirror = RecordCache<String>

  @Test func newestRevisionWinsInAnyOrder() {
    var cache = Mirror()
    cache.beginRound()
    #expect(cache.put("a", "written here", revision: 5) == .init(old: nil, new: "written here"))
    #expect(cache.put("a", "late", revision: 4) == nil)
    #expect(cache.put("a", "written here", revision: 5) == nil)
    #expect(cache["a"] == "written here")
    #expect(cache.put("a", "newer", revision: 6) == .init(old: "written here", new: "newer"))
    #expect(cache.delete("a", revision: 5) == nil)
    #expect(cache.delete("a", revision: 7) == .init(old: "newer", new: nil))
    #expect(cache["a"] == nil && cache.count == 0)
  }

  @Test func olderRevisionsDoNotRestoreADeletedRecord() {
    var cache = Mirror()
    cache.beginRound()
    _ = cache.put("a", "one", revision: 3)
    #expect(cache.deleteLocally("a", after: 3) == .init(old: "one", new: nil))
    #expect(cache.put("a", "one", revision: 3) == nil)
    #expect(cache["a"] == nil && cache.count == 0)
    #expect(cache.delete("a", revision: 4) == nil)
    #expect(cache.put("a", "two", revision: 5) == .init(old: nil, new: "two"))
    #expect(cache.count == 1)
  }

  @Test func roundRemovesUndeliveredRecords() {
    var cache = Mirror()
    cache.beginRound()
    for (revision, key) in ["a", "b", "c"].enumerated() {
      _ = cache.put(key, key, revision: UInt64(revision) + 10)
    }
    #expect(!cache.isCurrent)
    #expect(cache.endRound().isEmpty && cache.isCurrent)
    // The bucket was recreated: its revisions start again.
    cache.beginRound()
    #expect(cache.put("b", "b", revision: 1) == nil)
    #expect(cache.put("c", "other", revision: 2) == .init(old: "c", new: "other"))
    #expect(cache["a"] == "a", "until the round has ended it may still come")
    #expect(cache.endRound() == [.init(old: "a", new: nil)])
    #expect(cache.records() == ["b", "other"])
  }

  @Test func recordsAreOrderedAndPaged() {
    var cache = Mirror()
    cache.beginRound()
    let keys = (0..<100).map { String($0 + 100) }
    for (index, key) in keys.shuffled().enumerated() {
      if index == 50 { _ = cache.endRound() }
      _ = cache.put(key, key, revision: UInt64(index) + 1)
    }
    #expect(cache.records() == keys)
    #expect(cache.records(after: "109", limit: 3) == ["110", "111", "112"])
    #expect(cache.records(after: "1095", limit: 1) == ["110"])
    #expect(cache.records(after: "199").isEmpty)
    #expect(cache.keys(beginningWith: "11", limit: 100) == (110...119).map(String.init))
    #expect(cache.keys(beginningWith: "11", limit: 2).count == 2)
    #expect(cache.keys(beginningWith: "2", limit: 2).isEmpty)
    for key in keys.shuffled().prefix(60) { _ = cache.delete(key, revision: 1_000) }
    #expect(cache.records() == keys.filter { cache[$0] != nil } && cache.count == 40)
  }
}
