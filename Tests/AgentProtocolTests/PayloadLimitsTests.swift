import AgentProtocol
import JSON
import Testing

@Suite struct PayloadLimitsTests {
  private func size(_ value: JSONValue) -> Int { JSONWriter.encode(value).count }

  @Test func aListKeepsItsEntriesOfHighestPriority() {
    let entries = (0..<10).map { JSONValue.integer(Int64($0)) }
    let list = ListFitting.List("x", entries, priorities: [1, 9, 2, 8, 3, 7, 4, 6, 5, 5])
    let fitting = ListFitting([list], room: 16 + 25 + 4 * 2 + 1)
    #expect(fitting.kept["x"] == [1, 3, 5, 7], "in the order of the list")
    #expect(fitting.omitted["x"]?.integerValue == 6)
  }

  @Test func aShortListSharesItsRoomWithTheOthers() {
    let long = (0..<10_000).map { JSONValue.integer(Int64($0 + 10_000)) }
    let fitting = ListFitting(
      [.init("a", long), .init("b", [1, 2, 3]), .init("c", long)], room: 20_000)
    #expect(fitting.kept["b"]?.count == 3 && fitting.omitted["b"] == nil)
    let (a, c) = (fitting.kept["a"]?.count ?? 0, fitting.kept["c"]?.count ?? 0)
    #expect(abs(a - c) <= 1 && (a + c) * 6 > 19_500)
    #expect(ListFitting([.init("a", long)], room: -5).kept["a"] == [])
  }

  @Test func anAlertFitsItsLimit() {
    let long = String(repeating: "\u{1}ü", count: 400_000)
    let alert = AlertPayload(
      .warning, code: "X", message: "m", objectType: .system, objectID: "o", details: ["text": .string(long)])
    let cut = alert.json(within: PayloadLimits.announcement)
    #expect(cut.objectValue?["message"]?.stringValue == "m")
    #expect(cut.objectValue?["details"]?.objectValue?["truncated"]?.boolValue == true)
    var worse = alert
    worse.message = long
    worse.objectID = long
    #expect(size(worse.json(within: PayloadLimits.announcement)) <= PayloadLimits.announcement)
    worse.details = JSONObject()
    #expect(size(worse.json(within: 4_096)) <= 4_096)
    let small = AlertPayload(.info, code: "X", message: "m", objectType: .disk, objectID: "/")
    #expect(small.json(within: PayloadLimits.announcement) == small.json)
  }

  @Test func capabilitiesFitTheirLimit() {
    let commands = (0..<20_000).map { "/usr/local/bin/program-\($0)" }
    let payload = CapabilitiesPayload(
      operations: [CatalogueEntry("exec", "Run a program")], execCommands: commands, agentVersion: "1",
      os: "debian 12", hostname: "web-1")
    let cut = payload.json(within: PayloadLimits.announcement)
    #expect(size(cut) <= PayloadLimits.announcement)
    let kept = cut.objectValue?["exec_commands"]?.arrayValue?.count ?? 0
    #expect(kept > 7_000)
    #expect(
      cut.objectValue?["omitted"]?.objectValue?["exec_commands"]?.integerValue == Int64(20_000 - kept))
    #expect(payload.json(within: 1 << 20) == payload.json)
  }
}
