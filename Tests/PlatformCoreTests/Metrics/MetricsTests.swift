import Glibc
import JSON
import NATSTesting
import NIOCore
import NIOPosix
import Testing

@testable import PlatformCore

@Suite struct MetricsTests {
  @Test func textFollowsThePrometheusFormat() {
    var histogram = Histogram(bounds: [0.5, 1])
    for value in [0.25, 0.5, 0.75, 3] { histogram.observe(value) }
    var text = MetricsText()
    text.add(.agents, by: "status", ["alive": 2, "a\"b\\c\nd": 1])
    text.add(.calloutDuration, histogram)
    text.add(.commandsEnded, [])
    text.add(.processCPU, 1.5)
    #expect(
      text.text == """
        # HELP plusclouds_agents Agents by status.
        # TYPE plusclouds_agents gauge
        plusclouds_agents{status="a\\"b\\\\c\\nd"} 1
        plusclouds_agents{status="alive"} 2
        # HELP plusclouds_callout_duration_seconds Time from an auth callout request to the response of this instance.
        # TYPE plusclouds_callout_duration_seconds histogram
        plusclouds_callout_duration_seconds_bucket{le="0.5"} 2
        plusclouds_callout_duration_seconds_bucket{le="1.0"} 3
        plusclouds_callout_duration_seconds_bucket{le="+Inf"} 4
        plusclouds_callout_duration_seconds_sum 4.5
        plusclouds_callout_duration_seconds_count 4
        # HELP process_cpu_seconds_total CPU time of this process.
        # TYPE process_cpu_seconds_total counter
        process_cpu_seconds_total 1.5

        """)
  }

  @Test func labelValuesAreEscapedAsBytes() {
    var text = MetricsText()
    text.add(.agents, by: "status", ["a\r\nb": 1, "c\"\u{301}d": 2, "e\\\u{301}f": 3])
    // A line feed, quotation mark or backslash may be part of a larger character.
    #expect(text.text.utf8.count { $0 == UInt8(ascii: "\n") } == 5)
    #expect(Array(text.text.utf8).contains(Array(#""a"#.utf8) + [0x0D] + Array(#"\nb""#.utf8)))
    #expect(Array(text.text.utf8).contains(Array(#"c\""#.utf8)))
    #expect(Array(text.text.utf8).contains(Array(#"e\\"#.utf8)))
  }

  @Test(arguments: PlatformMetric.allCases)
  func countersEndInTotalAndHaveAHelpText(_ metric: PlatformMetric) {
    #expect(metric.rawValue.hasSuffix("_total") == (metric.kind == "counter"))
    #expect(!metric.help.isEmpty)
  }

  @Test func dashboardQueriesExactlyTheExistingMetrics() throws {
    let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let text = try #require(FileTree.read("/\(package)/docs/grafana-dashboard.json"))
    let dashboard = try JSONReader.parse(Array(text.utf8))
    let panels = try #require(dashboard.objectValue?["panels"]?.arrayValue)
    var drawn: Set<String> = []
    for panel in panels {
      for target in panel.objectValue?["targets"]?.arrayValue ?? [] {
        let query = try #require(target.objectValue?["expr"]?.stringValue)
        for match in query.matches(of: /\b(?:plusclouds|process)_[a-z_]+/) {
          var name = String(match.output)
          for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            name = String(name.dropLast(suffix.count))
          }
          drawn.insert(name)
        }
      }
    }
    #expect(drawn == Set(PlatformMetric.allCases.map(\.rawValue)))
  }

  @Test func onlyMetricsAndHealthzAreServed() async throws {
    let server = try await MetricsServer.bind(
      ListenAddress(host: "127.0.0.1", port: 0), metrics: { "all\n" },
      problems: { ["the store is full", "no clock"] })
    let answers = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      var answers: [String] = []
      for request in [
        "GET /metrics HTTP/1.1", "GET /metrics?a=b HTTP/1.0", "HEAD /metrics HTTP/1.1",
        "POST /metrics HTTP/1.1",
        "GET / HTTP/1.1", "GET /metrics/ HTTP/1.1", "GET /healthz HTTP/1.1", "nonsense",
      ] {
        answers.append(try await ask(server.port, request + "\r\nHost: x\r\n\r\n"))
      }
      group.cancelAll()
      return answers
    }
    #expect(
      answers.map { $0.split(separator: " ").dropFirst().first.map(String.init) ?? "" } == [
        "200", "200", "200", "405", "404", "404", "503", "400",
      ])
    #expect(answers[0].contains("text/plain; version=0.0.4"))
    #expect(answers[0].hasSuffix("\r\n\r\nall\n"))
    #expect(answers[2].hasSuffix("\r\n\r\n"))
    #expect(answers[6].hasSuffix("\r\n\r\nthe store is full; no clock\n"))
  }

  @Test func bindToAnAddressInUseThrows() async throws {
    let port = try LoopbackPort.free()
    await #expect(throws: (any Error).self) {
      _ = try await MetricsServer.bind(
        ListenAddress(host: "127.0.0.1", port: port.port), metrics: { "" }, problems: { [] })
    }
  }

  private func ask(_ port: Int, _ request: String) async throws -> String {
    let channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await within(testTimeout, "an answer") {
      try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: request))
        var answer = ""
        for try await part in inbound { answer += String(buffer: part) }
        return answer
      }
    }
  }
}
