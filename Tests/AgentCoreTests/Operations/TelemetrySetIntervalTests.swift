import JSON
import Testing

@testable import AgentCore

@Suite struct TelemetrySetIntervalTests {
  private let policy = CommandPolicy(allowedOperations: [], executables: ExecutableAllowlist([]))
  private let context = CommandContext(commandID: "c", outputLimit: 100)

  @Test(arguments: [
    (JSONValue.integer(1), 1, 5), (4, 4, 5), (5, 5, 5), (30, 30, 30), (30.0, 30, 30),
    (86_400, 86_400, 86_400),
  ])
  func smallIntervalsAreRaisedToTheMinimum(requested: JSONValue, echoed: Int64, applied: Int64) async throws {
    let recorder = Recorder()
    let operation = TelemetrySetInterval { recorder.add("\($0.components.seconds)") }
    let parameters = try operation.parameters(from: ["interval_s": requested], under: policy)
    #expect(
      await operation.run(parameters, in: context)
        == .completed(["requested_interval_s": .integer(echoed), "applied_interval_s": .integer(applied)]))
    #expect(recorder.entries == ["\(applied)"])
  }

  @Test(arguments: [JSONValue.integer(0), -1, .integer(.min)])
  func zeroOrNegativeIntervalsFail(requested: JSONValue) async throws {
    let operation = TelemetrySetInterval { _ in Issue.record("applied") }
    let parameters = try operation.parameters(from: ["interval_s": requested], under: policy)
    guard case .failed = await operation.run(parameters, in: context) else {
      Issue.record("it did not fail")
      return
    }
  }

  @Test(arguments: [JSONValue.integer(86_401), 1.5, "30", nil, .array([]), .unsigned(.max)])
  func invalidIntervalsAreRejected(requested: JSONValue) {
    let operation = TelemetrySetInterval { _ in Issue.record("applied") }
    #expect(throws: Refusal.self) { try operation.parameters(from: ["interval_s": requested], under: policy) }
  }
}
