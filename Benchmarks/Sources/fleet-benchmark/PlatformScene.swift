import AgentProtocol
import Glibc
import Loopback
import PlatformAPI

/// The platform itself, set up as an operator would: `init`, nats-server, `operator add`, `serve`, and every agent enrolled.
final class PlatformScene: Scene {
  let title = "plusclouds-platform"
  let server: ServerUnderTest
  let responder: ChildProcess
  let tokens: [(uuid: AgentUUID, token: String)]
  let operatorToken: String
  private let folder: ScratchFolder
  private let metricsPort: UInt16

  static let operatorName = "bench"

  init(program: String, agents: Int) async throws {
    folder = try ScratchFolder()
    let port = try ServerUnderTest.freePort()
    metricsPort = try ServerUnderTest.freePort()
    let files = "\(folder.path)/platform"
    let configuration = "\(files)/platform.yaml"
    let errors = "\(folder.path)/platform.log"
    func platform(_ arguments: [String], output: String = "/dev/null") throws -> ChildProcess {
      try ChildProcess(program, arguments, standardOutput: output, standardError: errors)
    }
    func finish(_ process: ChildProcess, _ what: String) throws {
      let status = process.wait()
      guard status == 0 else {
        throw BenchmarkFailure("\(what) ended with \(status): \(TextOf.file(errors)?.suffix(500) ?? "")")
      }
    }
    try finish(
      try platform([
        "init", files, "--port", "\(port)", "--websocket-port", "0", "--store-dir", "\(folder.path)/store",
      ]), "plusclouds-platform init")
    guard let text = TextOf.file(configuration), text.contains("127.0.0.1:9464"),
      TextOf.write(text.replacing("127.0.0.1:9464", with: "127.0.0.1:\(metricsPort)"), to: configuration)
    else { throw BenchmarkFailure("\(configuration) is not what was expected") }

    server = try ServerUnderTest(
      configuration: "\(files)/nats-server.conf", port: port, log: "\(folder.path)/server.log")
    let context = "\(folder.path)/context"
    try finish(
      try platform(
        ["operator", "add", Self.operatorName, "--role", "admin", "--config", configuration], output: context),
      "plusclouds-platform operator add")
    let token = (TextOf.file(context) ?? "").split(separator: "\n").compactMap { line in
      line.contains("token: ") ? line.split(separator: " ").last.map(String.init) : nil
    }.first
    guard let token else { throw BenchmarkFailure("plusclouds-platform operator add printed no token") }
    operatorToken = token
    responder = try platform(["serve", "--config", configuration])
    let start = ContinuousClock.now
    tokens = try await OperatorSession.run(url: server.url, token: token) { try await $0.enroll(agents) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    Report.title("enrolment")
    Report.line("agents enrolled", "\(agents) in \(Report.number(seconds)) s")
  }

  deinit {
    responder.end()
    server.end()
  }

  func eventsFolded() async throws -> Double? {
    let text = try HTTPText.get("/metrics", port: metricsPort)
    let samples = text.split(separator: "\n").filter { $0.hasPrefix("plusclouds_events_folded_total") }
    return samples.reduce(0) { sum, line in
      sum + (line.split(separator: " ").last.flatMap { Double($0) } ?? 0)
    }
  }
}
