import PlatformAPI
import Testing

@Suite struct APIMethodTests {
  @Test(arguments: APIMethod.allCases) func methodHasBothNames(method: APIMethod) {
    #expect(APIMethod(name: method.name) == method)
    #expect(APIMethod(name: method.rawValue) == method)
  }

  @Test func onlyEnrollmentMethodsHaveAFormerName() {
    let renamed = APIMethod.allCases.filter { $0.name != $0.rawValue }
    #expect(renamed.map(\.rawValue) == ["enrolments.create", "enrolments.list", "enrolments.remove"])
    #expect(renamed.map(\.name) == ["enrollments.create", "enrollments.list", "enrollments.remove"])
  }

  @Test(arguments: [
    "", "agents", "agents.list ", "Agents.list", "agents.list\u{301}", "enrolments", "enrollment.list",
  ])
  func unknownNameIsNil(name: String) {
    #expect(APIMethod(name: name) == nil)
  }
}
