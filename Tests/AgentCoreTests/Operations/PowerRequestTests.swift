import JSON
import Testing

@testable import AgentCore

@Suite struct PowerRequestTests {
  private let request = PowerRequest(
    commandID: "c", transition: .reboot, bootID: "first", requestedAt: 1_000)

  @Test(
    arguments: [
      (1_000, "second", .completed), (900, "second", .completed),
      (1_000, "first", .pending(.seconds(300))), (1_299, "first", .pending(.seconds(1))),
      (1_300, "first", .failed), (.max, "first", .failed),
      (999, "first", .pending(.seconds(300))), (.min, "first", .pending(.seconds(300))),
    ] as [(Int64, String, PowerRequest.Status)])
  func statusDependsOnBootAndTime(now: Int64, bootID: String, expected: PowerRequest.Status) {
    #expect(request.status(now: now, bootID: bootID) == expected)
  }

  @Test func requestRoundTripsThroughJSON() throws {
    let bytes = JSONWriter.encode(request.json)
    #expect(PowerRequest(try JSONReader.parse(bytes)) == request)
  }

  @Test(
    arguments: [
      nil, [], ["command_id": "c"],
      ["command_id": "c", "operation": "vm.fly", "boot_id": "b", "requested_at": 1],
      ["command_id": 1, "operation": "vm.reboot", "boot_id": "b", "requested_at": 1],
    ] as [JSONValue])
  func invalidJSONIsNotDecoded(json: JSONValue) {
    #expect(PowerRequest(json) == nil)
  }
}
