import PlatformAPI
import Testing

@Suite struct PlatformSubjectsTests {
  @Test func requestSubjectNamesOperatorAndMethod() throws {
    let subject = PlatformSubjects.request(.agentsList, by: "ada")
    let parsed = try #require(PlatformSubjects.parseRequest(subject))
    #expect(parsed.operatorName == "ada" && parsed.method == "agents.list")
  }

  @Test(arguments: ["pls.api.ada", "pls.done.ada.x", "pls.api\u{301}.ada.x", "", "pls"])
  func otherSubjectIsNoRequest(subject: String) {
    #expect(PlatformSubjects.parseRequest(subject) == nil)
  }

  @Test func combiningMarkDoesNotHideADot() throws {
    let parsed = try #require(PlatformSubjects.parseRequest("pls.api.\u{301}ada.x"))
    #expect(Array(parsed.operatorName.utf8) == Array("\u{301}ada".utf8))
    let result = try #require(PlatformSubjects.parseResult("pls.results.A\u{212A}.c.1"))
    #expect(Array(result.uuid.utf8) == Array("a\u{212A}".utf8))
  }
}
