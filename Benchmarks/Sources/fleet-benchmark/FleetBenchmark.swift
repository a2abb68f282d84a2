import Glibc
import Loopback

/// The load of many agents on a server and a platform: `fleet-benchmark [--agents N] [--seconds S] [PLATFORM]`, where PLATFORM is the
/// program `plusclouds-platform`. Without it only the floor is measured.
@main enum FleetBenchmark {
  static func main() async throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)

    var arguments = CommandLine.arguments.dropFirst()
    if arguments.count == 3, arguments.first == "responder" {
      let (url, seeds) = (arguments[arguments.startIndex + 1], arguments[arguments.startIndex + 2])
      return try await MinimalResponder.run(url: url, seeds: seeds)
    }
    var agents = 2_000
    var run = FleetRun()
    var platform: String?
    while let argument = arguments.popFirst() {
      switch argument {
      case "--agents": agents = arguments.popFirst().flatMap { Int($0) } ?? agents
      case "--seconds": run.watched = .seconds(arguments.popFirst().flatMap { Int($0) } ?? 60)
      default: platform = argument
      }
    }
    try await run.run(try FloorScene(agents: agents))
    if let platform { try await run.run(try await PlatformScene(program: platform, agents: agents)) }
  }
}
