import Testing

@testable import PlatformCore

@Suite("Storage capacity") struct StorageCapacityTests {
  private static let gib = Int64(1) << 30

  private func room(_ missing: [Int64], replicas: Int = 1) -> StorageCapacity {
    StorageCapacity(
      demands: missing.enumerated().map {
        .init(
          stream: "S\($0.offset)", key: "streams.s\($0.offset).max_bytes", size: $0.element,
          missing: $0.element)
      }, replicas: replicas)
  }

  private func servers(_ free: [Int64]) -> [StorageCapacity.Server] {
    free.enumerated().map { .init(name: "n\($0.offset)", limit: $0.element + 5, reserved: 5) }
  }

  @Test(
    arguments: [
      ([1, 1, 1], 1, [4], nil, true), ([1, 1, 1], 1, [2], nil, false), ([], 1, [0], nil, true),
      // Each of three servers has a replica of everything.
      ([1, 1], 3, [2, 2, 2], nil, true), ([1, 1], 3, [2, 1, 2], nil, false),
      // Of five servers, three have each stream.
      ([2, 2], 3, [4, 4, 4, 0, 0], nil, true), ([2, 2], 3, [3, 3, 3, 0, 0], nil, false),
      ([1], 3, [9, 9], nil, false),
      // The account counts all replicas.
      ([1, 1], 3, [9, 9, 9], 6, true), ([1, 1], 3, [9, 9, 9], 5, false), ([1], 1, [], nil, true),
      ([-1, 1], 1, [0], nil, true),
    ] as [([Int64], Int, [Int64], Int64?, Bool)])
  func shortageIsDetected(missing: [Int64], replicas: Int, free: [Int64], account: Int64?, fits: Bool) {
    let problem = room(missing.map { $0 * Self.gib }, replicas: replicas)
      .problem(servers: servers(free.map { $0 * Self.gib }), accountFree: account.map { $0 * Self.gib })
    #expect((problem == nil) == fits, "\(problem ?? "")")
  }

  @Test func largestStreamsAreListedFirst() throws {
    let problem = try #require(
      room([Self.gib / 4, Self.gib]).problem(servers: servers([Self.gib]), accountFree: nil))
    #expect(
      problem.contains(
        "n0 has room for 1GiB of the 1.2GiB that streams still reserve: lower streams.s1.max_bytes (S1, 1GiB), streams.s0.max_bytes"
      ))
  }

  @Test func hugeSizesSaturate() {
    #expect(room([.max, .max], replicas: 5).problem(servers: servers([1]), accountFree: 1) != nil)
  }
}
