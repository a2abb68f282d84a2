import Locks
import NATSTesting
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite struct CatchUpTests {
  @Test func catchUpDeliversAcknowledgedChanges() async throws {
    try await RegistryRig.runTwo { first, second in
      for _ in 0..<30 {
        let uuid = try await first.registry.enroll(by: "ada").subject
        let token = try await first.registry.createEnrollment(by: "ada").token
        await second.registry.catchUp()
        #expect(second.registry.agent(uuid) != nil)
        #expect(second.registry.canClaim(enrollment: token, by: uuid))
      }
    }
  }

  @Test func claimedTokenCanOnlyBeClaimedByTheSameAgent() async throws {
    try await RegistryRig.run { rig in
      let token = try await rig.registry.createEnrollment(by: "ada").token
      let uuids = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]
      #expect(rig.registry.canClaim(enrollment: token, by: uuids[1]))
      _ = try await rig.registry.claimEnrollment(token: token, uuid: uuids[0])
      #expect(rig.registry.canClaim(enrollment: token, by: uuids[0]))
      #expect(!rig.registry.canClaim(enrollment: token, by: uuids[1]))
      #expect(!rig.registry.canClaim(enrollment: "plse_unknown", by: uuids[0]))
    }
  }

  @Test func concurrentCallersShareOneOperation() async {
    let coalescer = Coalescer(interval: .milliseconds(50), maximumWaiters: 10_000)
    let runs = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2000 {
        group.addTask { await coalescer.run { runs.withLock { $0 += 1 } } }
      }
    }
    #expect((1...20).contains(runs.withLock { $0 }))
  }

  @Test func operationStartsAfterTheCall() async {
    let coalescer = Coalescer(interval: .milliseconds(1), maximumWaiters: 10_000)
    let (written, seen) = (Locked(0), Locked(0))
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<500 {
        group.addTask {
          let mine = written.withLock { value in
            value += 1
            return value
          }
          await coalescer.run {
            let now = written.withLock { $0 }
            seen.withLock { $0 = max($0, now) }
          }
          return seen.withLock { $0 } >= mine
        }
      }
      for await isSeen in group { #expect(isSeen) }
    }
  }

  @Test func callersBeyondTheLimitReturnAtOnce() async {
    let coalescer = Coalescer(interval: .zero, maximumWaiters: 0)
    let runs = Locked(0)
    await coalescer.run { runs.withLock { $0 += 1 } }
    #expect(runs.withLock { $0 } == 0)
  }
}
