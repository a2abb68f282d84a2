import JSON
import Testing

@testable import HostControl

@Suite struct UpdateStateTests {
  static let states: [UpdateState] =
    UpdateState.Phase.allCases.filter { $0 != .done }.map { UpdateState(commandID: "c-1", phase: $0) } + [
      UpdateState(commandID: "", phase: .done, ending: .completed),
      UpdateState(commandID: "c", phase: .done, ending: .stopped, isRebootRequired: true),
      UpdateState(
        commandID: "\u{7f}\"ü", phase: .done, ending: .failed("E: \"no\"\n"),
        upgraded: [.init(package: "a", from: "1", to: "2"), .init(package: "b", from: nil, to: "1")],
        failedSources: [.init(source: "http://x ./", reason: "\"no\"")], keptBack: ["k"],
        deferred: ["d", "e"],
        isOutputTruncated: true),
    ]

  @Test(arguments: states)
  func encodedStateIsParsedBack(state: UpdateState) throws {
    #expect(try UpdateState(parsing: JSONWriter.encode(state.json)) == state)
  }

  @Test(arguments: states)
  func truncatedStateIsAnError(state: UpdateState) {
    let bytes = JSONWriter.encode(state.json)
    for count in bytes.indices {
      #expect(throws: UpdateStateError.self) { try UpdateState(parsing: Array(bytes[..<count])) }
    }
  }

  @Test(arguments: [
    "", "\0\0\0\0", "null", "[]", "{}", "7", #"{"command_id":"c"}"#, #"{"command_id":1,"phase":"updating"}"#,
    #"{"command_id":"c","phase":"dancing"}"#, #"{"command_id":"c","phase":"done"}"#,
    #"{"command_id":"c","phase":"done","result":"splendid"}"#,
    #"{"command_id":"c","phase":"updating","result":"completed"}"#,
    #"{"command_id":"c","phase":"done","result":"completed","upgraded":{}}"#,
    #"{"command_id":"c","phase":"done","result":"completed","upgraded":[1]}"#,
    #"{"command_id":"c","phase":"done","result":"completed","upgraded":[{"package":"a"}]}"#,
    #"{"command_id":"c","phase":"done","result":"completed","failed_sources":[{"source":"a"}]}"#,
    #"{"command_id":"c","phase":"done","result":"completed","kept_back":[1]}"#,
    #"{"command_id":"c","phase":"done","result":"completed","deferred":{}}"#,
  ])
  func invalidStateIsAnError(text: String) {
    #expect(throws: UpdateStateError.self) { try UpdateState(parsing: Array(text.utf8)) }
  }
}
