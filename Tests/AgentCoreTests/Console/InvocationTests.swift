import Testing

@testable import AgentCore

@Suite struct InvocationTests {
  @Test(arguments: [
    ([], Invocation.run(configurationPath: nil)),
    (["--config", "a.yaml"], .run(configurationPath: "a.yaml")),
    (["-c", "a.yaml"], .run(configurationPath: "a.yaml")),
    (["--config=a.yaml"], .run(configurationPath: "a.yaml")),
    (["check"], .check(configurationPath: nil, connects: true, listsSettings: false)),
    (
      ["check", "--offline", "--config", "a"],
      .check(configurationPath: "a", connects: false, listsSettings: false)
    ),
    (["--config", "a", "check"], .check(configurationPath: "a", connects: true, listsSettings: false)),
    (["check", "--settings"], .check(configurationPath: nil, connects: true, listsSettings: true)),
    (["snapshot"], .snapshot(isWatching: false)),
    (["snapshot", "--watch"], .snapshot(isWatching: true)),
    (["perform-update", "/var/lib/x"], .performUpdate(folder: "/var/lib/x")),
    (["perform-reload", "--config", "a"], .performReload(configurationPath: "a")),
    (["--version"], .version),
    (["--help"], .help), (["check", "--help"], .help), (["help"], .help),
  ])
  func validArgumentsAreParsed(arguments: [String], expected: Invocation) throws {
    #expect(try Invocation(arguments) == expected)
  }

  @Test(arguments: [
    ["--config"], ["--config="], ["--confg", "a"], ["run"], ["check", "snapshot"], ["snapshot", "--offline"],
    ["--watch"], ["--offline"], ["snapshot", "--config", "a"], ["check", "--watch"], ["--settings"],
    ["snapshot", "--settings"], [""], ["-x"],
    ["perform-reload", "--offline"], ["perform-update"], ["perform-update", "x"],
    ["perform-update", "/x", "/y"], ["/x", "perform-update"],
  ])
  func invalidArgumentsThrowUsageError(arguments: [String]) {
    #expect(throws: UsageError.self) { try Invocation(arguments) }
  }
}
