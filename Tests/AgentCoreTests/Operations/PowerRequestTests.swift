import JSON
import Testing

@testable import AgentCore

@Suite struct PowerRequestTests {
  private let request = PowerRequest(
    commandID: "c", transition: .reboot, bootID: "first", requestedAt: 1_000)

  @Test(
    arguments: [
      (1_000, "second", .happened), (900, "second", .happened),
      (1_000, "first", .due(.seconds(300))), (1_299, "first", .due(.seconds(1))),
      (1_300, "first", .failed), (.max, "first", .failed),
      (999, "first", .due(.seconds(300))), (.min, "first", .due(.seconds(300))),
    ] as [(Int64, String, PowerRequest.Fate)])
  func itIsKnownWhatBecameOfIt(now: Int64, bootID: String, fate: PowerRequest.Fate) {
    #expect(request.fate(now: now, bootID: bootID) == fate)
  }

  @Test func itSurvivesBeingWritten() throws {
    let bytes = JSONWriter.encode(request.json)
    #expect(PowerRequest(try JSONReader.parse(bytes)) == request)
  }

  @Test(
    arguments: [
      nil, [], ["command_id": "c"],
      ["command_id": "c", "operation": "vm.fly", "boot_id": "b", "requested_at": 1],
      ["command_id": 1, "operation": "vm.reboot", "boot_id": "b", "requested_at": 1],
    ] as [JSONValue])
  func whatIsNoneIsNotTakenForOne(json: JSONValue) {
    #expect(PowerRequest(json) == nil)
  }
}
