import ArgumentParser
import Logging
import PlatformCore
import StructuredLogging

extension PlatformCommand {
  /// `dev`
  struct Develop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "dev",
      abstract: "Runs a platform with a nats-server of its own on this machine's loopback, until Ctrl-C.",
      discussion: """
        Everything is made the first time and kept: keys, enrolled agents, state. The context "dev" of plsctl is written.
        nats-server is $NATS_SERVER, else the one in PATH; nothing is run from the current folder.
        """)

    @Option(
      help: ArgumentHelp(
        "Where everything is kept (default: ~/.local/state/plusclouds-platform/dev).", valueName: "folder"))
    var data: String?
    @Option(help: "The port of NATS (default: that of the last run, else 4222 or a free one; 0: a free one).")
    var port: UInt16?
    @Option(help: "The port of NATS over WebSocket (default: that of the last run, else 9222 or a free one).")
    var websocketPort: UInt16?
    @Option(help: "The address of the metrics, or off (default: 127.0.0.1:9464, or a free port).")
    var metrics: String?
    @Option(
      help: ArgumentHelp(
        "The context of plsctl that is written (default: dev, or dev-PORT while another platform runs as dev).",
        valueName: "name"))
    var context: String?
    @Flag(name: .shortAndLong, help: "Log more.")
    var verbose = false

    func validate() throws {
      guard metrics.map({ $0 == "off" || ListenAddress($0) != nil }) ?? true else {
        throw ValidationError("--metrics takes an address such as 127.0.0.1:9464, or off")
      }
    }

    func run() async throws {
      let environment = ConfigurationOption.environment
      let level: Logger.Level = verbose ? .debug : .warning
      let logger = Logger(label: "plusclouds-platform") { _ in
        StructuredLogHandler(standardErrorFormat: .console, level: level)
      }
      do {
        guard let path = data ?? DevelopmentFolder.usual(environment: environment) else {
          throw ValidationError("there is no home folder: give --data")
        }
        var options = DevelopmentPlatform.Options()
        options.port = port.map(Int.init)
        options.webSocketPort = websocketPort.map(Int.init)
        if let metrics { options.metrics = ListenAddress(metrics).map { .at($0) } ?? .off }
        options.contextName = context
        let platform = try DevelopmentPlatform(
          folder: try DevelopmentFolder(path), options: options, environment: environment, logger: logger)
        try await StopSignals.handle(stop: { platform.stop() }) {
          try await platform.run { Output.line($0.text) }
        }
      } catch {
        throw Output.fail(error)
      }
    }
  }
}

extension DevelopmentPlatform.Introduction {
  fileprivate var text: String {
    let (seconds, attoseconds) = duration.components
    let tenths = seconds * 10 + attoseconds / 100_000_000_000_000_000
    let agent = agentFile.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    return """
      The platform is ready (\(tenths / 10).\(tenths % 10) s).

        NATS       \(url)
        WebSocket  \(webSocketURL)
        metrics    \(metrics.map { "http://\($0)/metrics" } ?? missedMetrics.map { "none, \($0) is in use" } ?? "off")
        data       \(folder)
        plsctl     context "\(contextName)" in \(contextsFile)

      Enroll this machine: \(agentFilePath) holds an identity, and a token that enrolls it once:

      \(agent)

        plusclouds-agent --config \(agentFilePath)
        plsctl agents list

      Others: plsctl agents enroll. Ctrl-C ends the platform; keys, agents and state are kept.
      """
  }
}
