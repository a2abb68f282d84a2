import AgentProtocol
import JSON
import Testing

@testable import AgentCore

@Suite struct ExecutableAllowlistTests {
  private static func pattern(_ text: String) throws -> ArgumentPattern {
    try #require(ArgumentPattern(text))
  }

  private func list() throws -> ExecutableAllowlist {
    ExecutableAllowlist([
      .init(path: "/usr/bin/uptime"),
      .init(
        path: "/usr/sbin/service",
        argumentPatterns: [try Self.pattern("nginx|php-fpm"), try Self.pattern("restart")]),
      .init(path: "/usr/sbin/service", argumentPatterns: [], timeLimit: .seconds(9)),
      .init(path: "/opt/caf\u{E9}"),
    ])
  }

  @Test(arguments: [
    ("/usr/bin/uptime", []), ("/usr/bin/uptime", ["-p", "; rm -rf /"]),
    ("/usr/sbin/service", ["nginx", "restart"]),
    ("/usr/sbin/service", []), ("/opt/caf\u{E9}", []),
  ])
  func listedCommandsArePermitted(command: String, arguments: [String]) throws {
    #expect(try list().entry(permitting: command, arguments: arguments).path == command)
  }

  @Test(arguments: [
    ("", []), ("uptime", []), ("./uptime", []), ("usr/bin/uptime", []), ("/usr/bin/../bin/uptime", []),
    ("/usr/bin/uptime/", []), ("//usr/bin/uptime", []), ("/usr/bin/./uptime", []), ("/usr/bin/uptime ", []),
    ("/usr/bin/uptime\n", []), ("/USR/BIN/UPTIME", []), ("/usr/bin/upt", []),
    ("/bin/sh", ["-c", "/usr/bin/uptime"]),
    ("/usr/sbin/service", ["nginx"]), ("/usr/sbin/service", ["nginx", "restart", "x"]),
    ("/usr/sbin/service", ["nginx", "restart\n"]), ("/usr/sbin/service", ["xnginx", "restart"]),
    ("/usr/sbin/service", ["restart", "nginx"]), ("/opt/cafe\u{301}", []),
  ])
  func unlistedCommandsAreRejected(command: String, arguments: [String]) throws {
    let list = try list()
    #expect { try list.entry(permitting: command, arguments: arguments) } throws: {
      ($0 as? Refusal)?.code == .notPermitted
    }
  }

  @Test func pathsAreComparedByBytes() {
    let paths = ["/opt/caf\u{E9}", "/opt/cafe\u{301}", "/opt/K", "/opt/\u{212A}", "/opt/K"]
    let list = ExecutableAllowlist(paths.map { .init(path: $0) })
    #expect(list.paths.map { Array($0.utf8) } == paths.dropLast().map { Array($0.utf8) })
  }

  @Test func nulByteInAnArgumentIsInvalid() throws {
    let list = try list()
    #expect { try list.entry(permitting: "/usr/bin/uptime", arguments: ["a\0b"]) } throws: {
      ($0 as? Refusal)?.code == .invalidParams
    }
  }

  @Test func emptyListPermitsNothing() {
    #expect(throws: Refusal.self) {
      try ExecutableAllowlist([]).entry(permitting: "/bin/true", arguments: [])
    }
  }

  @Test(arguments: [
    ("a+", "aaa", true), ("a+", "aab", false), ("a+", "", false), (".*", "", true),
    (".*", "two\nlines", true),
    ("[a-z]+\\.service", "nginx.service", true), ("[a-z]+\\.service", "nginx.service ", false),
    ("a|b", "b", true), ("a|b", "ab", false), ("^a$", "a", true), ("x{2,3}", "xxxx", false),
    ("a)|(b.*", "a", true), ("a)|(b.*", "ax", false), (".*", "a\0b", false),
  ])
  func patternsMatchWholeArguments(expression: String, argument: String, matches: Bool) throws {
    #expect(try Self.pattern(expression).matches(argument) == matches)
  }

  @Test(arguments: ["(", "[a", "a{2", "*a\0", "\\"])
  func invalidPatternsAreRejected(expression: String) {
    #expect(ArgumentPattern(expression) == nil)
  }

  /// The first matching entry also determines the user.
  @Test func firstMatchingEntrySetsTheUser() throws {
    let list = ExecutableAllowlist([
      .init(path: "/usr/bin/id", argumentPatterns: [try Self.pattern("-u")], user: "nobody"),
      .init(path: "/usr/bin/id", argumentPatterns: []),
    ])
    #expect(try list.entry(permitting: "/usr/bin/id", arguments: ["-u"]).user == "nobody")
    #expect(try list.entry(permitting: "/usr/bin/id", arguments: []).user == nil)
  }
}
