import Glibc
import Loopback

/// The resource usage of all processes at a point in time.
struct Load {
  let time = ContinuousClock.now
  let server: Double
  let responder: Double
  let simulator: Double
  let published: Int
  let folded: Double?

  init(_ scene: some Scene, _ fleet: Fleet) async throws {
    server = scene.server.process.processorSeconds
    responder = scene.responder.processorSeconds
    var used = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
    simulator = Double(used.tv_sec) + Double(used.tv_nsec) / 1e9
    published = fleet.counters.now.published
    folded = try await scene.eventsFolded()
  }

  /// The usage since `earlier`.
  func since(_ earlier: Load) -> Difference {
    Difference(
      seconds: (time - earlier.time) / .seconds(1), server: server - earlier.server,
      responder: responder - earlier.responder, simulator: simulator - earlier.simulator,
      published: published - earlier.published,
      folded: folded.flatMap { folded in earlier.folded.map { folded - $0 } })
  }

  struct Difference {
    let seconds: Double
    let server: Double
    let responder: Double
    let simulator: Double
    let published: Int
    let folded: Double?
  }
}
