import JetStream
import Locks
import NATS
import NATSTesting
import Testing

@testable import PlatformCore

@Suite struct LeaderLeaseTests {
  /// The leading instances, and whether two ever led at once.
  private final class Leaders: Sendable {
    let now = Locked<Set<String>>([])
    let overlaps = Locked(0)
    let terms = Locked<[String]>([])

    func lead(_ name: String) async {
      let isAlone = now.withLock { $0.insert(name).inserted && $0.count == 1 }
      if !isAlone { overlaps.withLock { $0 += 1 } }
      terms.withLock { $0.append(name) }
      // Until the task is cancelled.
      try? await Task.sleep(for: .seconds(600))
      now.withLock { _ = $0.remove(name) }
    }
  }

  private func lease(_ client: NATSClient, _ name: String) -> LeaderLease {
    LeaderLease(client: client, instance: name, logger: Rig.silent)
  }

  @Test func oneOfThreeLeadsAndAnotherTakesOver() async throws {
    try await Rig.with { rig, client in
      let leaders = Leaders()
      try await withThrowingTaskGroup(of: Void.self) { group in
        var left: [String: Task<Void, Never>] = [:]
        for name in ["a", "b", "c"] {
          let lease = lease(client, name)
          left[name] = Task { await lease.run { await leaders.lead(name) } }
        }
        for term in 1...3 {
          try await eventually("term \(term) begins") { leaders.terms.withLock { $0.count } == term }
          let name = try #require(leaders.terms.withLock { $0.last })
          left[name]?.cancel()
          await left[name]?.value
        }
        #expect(leaders.overlaps.withLock { $0 } == 0)
        #expect(Set(leaders.terms.withLock { $0 }) == ["a", "b", "c"])
        group.cancelAll()
      }
    }
  }

  @Test func leaderStopsBeforeItsLeaseExpires() async throws {
    try await Rig.with { rig, client in
      let leaders = Leaders()
      try await withThrowingTaskGroup(of: Void.self) { group in
        let lease = lease(client, "a")
        group.addTask { await lease.run { await leaders.lead("a") } }
        try await eventually("it leads") { leaders.terms.withLock { $0.count } == 1 }
        rig.server.freeze()
        try await eventually("its work is cancelled") { leaders.now.withLock { $0.isEmpty } }
        rig.server.thaw()
        try await eventually("it leads again") { leaders.terms.withLock { $0.count } == 2 }
        group.cancelAll()
      }
    }
  }

  @Test func leaderStopsWhenItsLeaseIsTaken() async throws {
    try await Rig.with { rig, client in
      let leaders = Leaders()
      try await withThrowingTaskGroup(of: Void.self) { group in
        let lease = lease(client, "a")
        group.addTask { await lease.run { await leaders.lead("a") } }
        try await eventually("it leads") { leaders.terms.withLock { $0.count } == 1 }
        try await rig.buckets.leases.put(LeaderLease.key, Array(#"{"instance":"b"}"#.utf8))
        try await eventually("its work is cancelled") { leaders.now.withLock { $0.isEmpty } }
        #expect(await lease.holder() == "b")
        group.cancelAll()
      }
    }
  }

  @Test func canonicallyEquivalentInstancesAreDifferent() async throws {
    try await Rig.with { rig, client in
      let leaders = Leaders()
      try await withThrowingTaskGroup(of: Void.self) { group in
        let lease = lease(client, "\u{E9}")
        group.addTask { await lease.run { await leaders.lead("a") } }
        try await eventually("it leads") { leaders.terms.withLock { $0.count } == 1 }
        try await rig.buckets.leases.put(LeaderLease.key, Array(#"{"instance":"e\#u{301}"}"#.utf8))
        try await eventually("its work is cancelled") { leaders.now.withLock { $0.isEmpty } }
        group.cancelAll()
      }
    }
  }
}
