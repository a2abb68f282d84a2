import Testing

@testable import HostControl

struct ControlGroupsTests {
  @Test(arguments: [
    ("0::/system.slice/plusclouds-exec-1-a.service\n", true),
    ("0::/system.slice/plusclouds-exec-1-a.service/below\n", true),
    ("12:pids:/x\n1:name=systemd:/system.slice/plusclouds-exec-1-b.service\n0::/\n", true),
    ("0::/system.slice/plusclouds-exec-12-a.service\n", false),
    ("0::/system.slice/other-plusclouds-exec-1-a.service\n", false),
    ("0::/\n", false), ("", false),
  ])
  func unitIsFoundByThePrefixOfItsName(lines: String, isFound: Bool) {
    Array(lines.utf8).withUnsafeBytes { bytes in
      #expect(ControlGroups.contains(bytes, "plusclouds-exec-1-") == isFound)
      #expect(!ControlGroups.contains(bytes, ""))
    }
  }

  @Test(arguments: [
    ("0::/system.slice/plusclouds-agent.service\n", "plusclouds-agent.service"),
    ("12:pids:/x\n1:name=systemd:/system.slice/a-b@c.service/below\n0::/\n", "a-b@c.service"),
    ("0::/user.slice/user-0.slice/session-1.scope\n", nil), ("0::/system.slice/.service\n", nil), ("", nil),
  ])
  func serviceIsParsedFromControlGroups(lines: String, service: String?) {
    #expect(ControlGroups.service(in: Array(lines.utf8)) == service)
  }

  @Test(arguments: [("K", "\u{212A}"), ("\u{E9}", "e\u{301}")])
  func variablesAreDistinguishedByTheirBytes(name: String, lookalike: String) {
    var request = ProcessRequest(executable: "/bin/true")
    request.environment = [(name, "x")]
    #expect(ServiceRun.names(of: [name, "HOME"], notSetBy: request) == [])
    #expect(ServiceRun.names(of: [lookalike], notSetBy: request).count == 1)
  }

  /// systemd would expand a variable otherwise.
  @Test func dollarSignsAreEscaped() {
    let service = TransientService(
      name: "a.service", description: "", executable: "/bin/$x", arguments: ["$HOME", "a${b}$$", "%n", ""])
    let words = ["/bin/$$x", "$$HOME", "a$${b}$$$$", "%n", ""]
    let command = BusArgument.array(
      of: "(sasb)", [.structure([.string("/bin/$x"), .strings(words), .bool(false)])])
    guard case .array(_, let properties)? = service.startCall(descriptors: nil).arguments.dropFirst(2).first
    else {
      Issue.record("no properties")
      return
    }
    #expect(properties.contains(.property("ExecStart", command)))
  }
}
