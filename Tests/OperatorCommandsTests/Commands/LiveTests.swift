import JSON
import NATSTesting
import OperatorCommands
import PlatformAPI
import Testing

/// Commands that show live messages.
@Suite struct LiveTests {
  /// Publishes repeatedly until `body` returns, because it is not known when the subscription is active.
  private func repeating(
    _ publish: @escaping @Sendable () throws -> Void, while body: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        while !Task.isCancelled {
          try publish()
          do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        return false
      }
      group.addTask {
        try await body()
        return true
      }
      while let isDone = try await group.next() { if isDone { return } }
    }
  }

  @Test func telemetryIsOneLinePerSampleWithoutTerminal() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsShow, Samples.detail)
      let lines = platform.console()
      let json = platform.console()
      try await repeating {
        try platform.publishEvent(
          "telemetry", Samples.telemetry, of: Samples.uuid, on: "vm.\(Samples.uuid).telemetry")
        try platform.publish("nonsense", to: "vm.\(Samples.uuid).telemetry")
      } while: {
        #expect(await lines.run("telemetry", "watch", "web-1", "--count", "2") == .done, "\(lines.errors)")
        #expect(await json.run("telemetry", "watch", "web-1", "--count", "1", "-o", "json") == .done)
      }
      let shown = lines.output.split(separator: "\n")
      #expect(shown.count >= 2)
      #expect(
        shown.allSatisfy {
          $0.contains("web-1  cpu 12.5 %  memory 13.9 %  disk 17.7 % (/)  net in 2.0 KiB/s out 1.0 KiB/s")
        })
      let first = json.output.split(separator: "\n").first.map { Array($0.utf8) } ?? []
      let event = try JSONReader.parse(first).objectValue
      #expect(event?["payload"] == Samples.telemetry)
      #expect(event?["agent"]?.stringValue == Samples.uuid)
    }
  }

  @Test func telemetryIsRedrawnInPlaceOnTerminal() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsList, ["agents": [Samples.agent()], "next": nil])
      let console = platform.console(size: .init(columns: 100, rows: 30))
      // No samples between the first two frames, so that the count is not reached before both are drawn.
      try await repeating {
        let isDrawn = console.output.contains("12.5 %")
        let isDrawnAgain = console.output.contains("\u{1B}[6A")
        for _ in 0..<(isDrawnAgain ? 100 : isDrawn ? 0 : 1) {
          try platform.publishEvent(
            "telemetry", Samples.telemetry, of: Samples.uuid, on: "vm.\(Samples.uuid).telemetry")
        }
      } while: {
        #expect(await console.run("telemetry", "watch", "--count", "2000") == .done, "\(console.errors)")
      }
      #expect(console.output.contains("\u{1B}[6A"))
      #expect(console.output.contains("web-1"))
      #expect(console.output.contains("▂"))
    }
  }

  @Test func pastEventsAreShownOnceWhenFollowing() async throws {
    try await ScriptedPlatform.with { platform in
      let alert: JSONValue = [
        "severity": "critical", "code": "SERVICE_FAILED", "message": "nginx \u{1B}[2J",
        "object_id": "nginx.service",
      ]
      platform.answer(
        .eventsList,
        [
          [
            "agent": .string(Samples.uuid), "at": 1_764_005_000.0, "type": "alert",
            "payload": ["code": "OLD_ONE"],
          ]
        ])
      let console = platform.console()
      try await repeating {
        try platform.publishEvent("heartbeat", ["version": "1"], of: Samples.uuid)
        try platform.publishEvent("alert", alert, of: Samples.uuid)
      } while: {
        #expect(
          await console.run("events", "-f", "--since", "1h", "--type", "alert", "--count", "2") == .done,
          "\(console.errors)")
      }
      let lines = console.output.split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines.first?.contains("OLD_ONE") == true)
      #expect(lines.last?.contains("critical SERVICE_FAILED [nginx.service] nginx \\u{1B}[2J") == true)
      #expect(!console.output.contains("heartbeat"))
    }
  }
}
