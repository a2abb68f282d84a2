import NATSTesting
import Testing

@testable import OperatorCommands

/// Errors and help of the command line parser. No requests are sent.
@Suite struct ParsingTests {
  @Test(arguments: [
    "agents lst", "agents show", "agents show a b", "agents list -o xml", "agents list --timeout 0",
    "agents list --timeout x",
    "agents rotate a --grace x", "agents label web-1", "exec web-1", "exec web-1 --", "exec web-1 /bin/true",
    "exec web-1 -- uptime",
    "logs web-1 nginx -n 0", "logs web-1 nginx -n 1001", "events --type nonsense", "events --limit 0",
    "audit -n 0", "commands list --state odd",
    "commands list -n 1001", "operators add Bob", "operators add x --role king", "telemetry watch --count 0",
    "run system.info",
    "run --all --selector a=b system.info", "run --all", "run --all --batch 0 system.info",
    "run --all --max-failures 0 system.info",
    "run --all --canary -1 system.info", "nonsense", "context add",
    "context add x --url foo://x --operator a", "telemetry interval web-1 0",
    "context add x --url nats://h --operator A", "services restart web-1", "reboot",
  ])
  func invalidCommandLineExitsWithUsage(line: String) async {
    let console = TestConsole(environment: ["PLSCTL_CONFIG": "/nonexistent"])
    #expect(await console.run(line.split(separator: " ").map(String.init)) == .usage)
    #expect(console.output.isEmpty)
    #expect(console.errors.hasPrefix("plsctl: "), "\(console.errors)")
    #expect(console.errors.contains("--help)"), "\(console.errors)")
    #expect(console.complaints.count == 1, "\(console.errors)")
  }

  @Test(arguments: ["env=", "env in (a", "=x", "a b"])
  func malformedSelectorIsReportedOnOneLine(selector: String) async {
    for arguments in [["agents", "list", "-l", selector], ["run", "--selector", selector, "system.info"]] {
      let console = TestConsole(environment: ["PLSCTL_CONFIG": "/nonexistent"])
      #expect(await console.run(arguments) == .usage)
      #expect(
        console.complaints.first?.hasPrefix("plsctl: --selector \(selector.debugDescription): ") == true)
      #expect(console.complaints.first?.contains(", at character ") == true)
    }
  }

  static let paths: [String] = [
    "", "status", "agents", "agents list", "agents show", "agents enroll", "agents rotate", "agents revoke",
    "agents label",
    "agents enroll-token", "agents enrollments", "agents enroll-revoke", "system", "system info",
    "system metrics", "system cpu",
    "system memory", "system disk",
    "system network", "services", "services list", "services get", "services start", "services stop",
    "services restart", "services reload",
    "services enable", "services disable", "exec", "update", "reboot", "shutdown", "logs", "telemetry",
    "telemetry watch", "telemetry show",
    "telemetry interval", "events", "commands", "commands list", "commands show", "commands cancel",
    "commands wait", "run", "operators",
    "operators add", "operators list", "operators remove", "audit", "context", "context list", "context use",
    "context add",
    "context remove", "context show",
  ]

  @Test(arguments: paths)
  func everyCommandHasHelpWithExamples(path: String) async {
    let console = TestConsole()
    #expect(await console.run(path.split(separator: " ").map(String.init) + ["--help"]) == .done)
    #expect(console.output.contains("EXAMPLES"))
    #expect(console.output.contains("plsctl \(path)"))
    #expect(console.errors.isEmpty)
  }

  @Test(arguments: [
    ("enrol-token", "enroll-token"), ("enrolments", "enrollments"), ("enrol-revoke", "enroll-revoke"),
    ("enrol", "enroll"),
  ])
  func earlierSpellingIsAHiddenAlias(alias: String, name: String) async {
    for arguments in [["agents", alias, "--help"], ["help", "agents", alias]] {
      let console = TestConsole()
      #expect(await console.run(arguments) == .done)
      #expect(console.output.contains("USAGE: plsctl agents \(name)"), "\(console.output)")
    }
    let list = TestConsole()
    #expect(await list.run("agents", "--help") == .done)
    #expect(list.output.contains("  \(name) "))
    #expect(!list.output.contains("  \(alias) ") && !list.output.contains(" \(alias),"), "\(list.output)")
  }

  @Test func aliasIsOnlyResolvedAsASubcommandOfAgents() {
    #expect(CommandAliases.resolve(["agents", "show", "enrolments"]) == ["agents", "show", "enrolments"])
    #expect(CommandAliases.resolve(["exec", "enrolments"]) == ["exec", "enrolments"])
    #expect(CommandAliases.resolve(["agents"]) == ["agents"])
    #expect(CommandAliases.resolve([]).isEmpty)
    // Canonically equivalent text is another word.
    #expect(CommandAliases.resolve(["agents", "enrol\u{301}"]) == ["agents", "enrol\u{301}"])
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionScriptIsGenerated(shell: String) async {
    let console = TestConsole()
    #expect(await console.run("--generate-completion-script", shell) == .done)
    #expect(console.output.contains("plsctl"))
    #expect(console.output.contains("enroll-token"))
    #expect(!console.output.contains("enrol-token"))
  }

  @Test func versionIsPrinted() async {
    let console = TestConsole()
    #expect(await console.run("--version") == .done)
    #expect(console.output.first?.isNumber == true)
  }
}
