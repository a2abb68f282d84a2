import JSON
import NATSTesting
import OperatorCommands
import PlatformAPI
import Testing

@Suite struct LogsTests {
  @Test func unknownUnitExitsWithNotFound() async throws {
    try await ScriptedPlatform.with { platform in
      platform.end(
        "logs.tail", with: Samples.completed(["unit": "ngnix.service", "lines": [], "unit_found": false]))
      let console = platform.console()
      #expect(await console.run("logs", "web-1", "ngnix") == .notFound)
      #expect(console.errors.hasSuffix("plsctl: web-1: there is no unit ngnix.service\n"))
      #expect(console.output.isEmpty)
      // A unit without entries is not an error.
      platform.end("logs.tail", with: Samples.completed(["unit": "nginx.service", "lines": []]))
      #expect(await platform.console().run("logs", "web-1", "nginx") == .done)
    }
  }

  @Test func sinceIsSubmittedInSeconds() async throws {
    try await ScriptedPlatform.with { platform in
      platform.end("logs.tail", with: Samples.completed(["unit": "a.service", "lines": ["x"]]))
      let console = platform.console()
      #expect(await console.run("logs", "web-1", "a", "--since", "2h", "-n", "5") == .done)
      #expect(console.output == "x\n")
      #expect(
        platform.asked(.commandsSubmit).first?.objectValue?["params"] == [
          "lines": 5, "since_s": 7200, "unit": "a",
        ])
      #expect(await platform.console().run("logs", "web-1", "a", "-f", "--no-wait") == .usage)
    }
  }

  /// Reads from cursor to cursor; the third read fails and ends the command.
  @Test func followReadsFromTheCursor() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.commandsSubmit) { params in
        guard let object = params.objectValue else { return nil }
        let end: JSONValue =
          switch object["params"]?.objectValue?["cursor"] {
          case ""?: Samples.completed(["unit": "a.service", "lines": ["one"], "cursor": "s=1"])
          case "s=1"?: Samples.completed(["unit": "a.service", "lines": ["two"], "cursor": "s=2"])
          default: Samples.failed("failed", "no luck")
          }
        return .result(Samples.view(of: object, end))
      }
      let console = platform.console()
      #expect(await console.run("logs", "web-1", "a", "-f") == .failed)
      #expect(console.output == "one\ntwo\n")
      let cursors = platform.asked(.commandsSubmit).map { $0.objectValue?["params"]?.objectValue?["cursor"] }
      #expect(cursors == ["", "s=1", "s=2"])
    }
  }

  @Test func followWithoutCursorSupportIsRefused() async throws {
    try await ScriptedPlatform.with { platform in
      platform.end("logs.tail", with: Samples.completed(["unit": "a.service", "lines": ["x"]]))
      let console = platform.console()
      #expect(await console.run("logs", "web-1", "a", "-f") == .refused)
      #expect(console.errors.contains("cannot follow a journal"))
      #expect(platform.asked(.commandsSubmit).count == 1)
    }
  }
}
