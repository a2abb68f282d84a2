import Glibc
import JSON
import NATSTesting
import Testing

@testable import OperatorCommands

@Suite struct ContextTests {
  private static let token = "plso_0123456789012345678901234567890123456789"
  private static let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    try await body(folder)
  }

  @Test func contextsAreAddedSelectedShownAndRemoved() async throws {
    try await inFolder { folder in
      let path = "\(folder)/deep/er/contexts.yaml"
      try FileTree.write(Self.token + "\n", to: "\(folder)/token")
      func plsctl(_ arguments: String...) async -> (ProgramStatus, TestConsole) {
        let console = TestConsole(environment: ["PLSCTL_CONFIG": path])
        return (await console.run(arguments), console)
      }
      let (added, first) = await plsctl(
        "context", "add", "one", "--url", "nats://127.0.0.1:1", "--operator", "admin", "--token-file",
        "\(folder)/token")
      #expect(added == .done, "\(first.errors)")
      var status = stat()
      #expect(stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      let authority = "\(folder)/ca.pem"
      try FileTree.write(Self.pem, to: authority)
      let second = TestConsole(environment: ["PLSCTL_CONFIG": path], answers: [Self.token])
      #expect(
        await second.run(
          "context", "add", "two", "--url", "tls://nats.example.com", "--operator", "bob", "--ca-file",
          authority)
          == .done)
      let (_, list) = await plsctl("context", "list")
      #expect(list.output.contains("*  one   admin"))
      #expect(list.output.contains("   two   bob"))
      #expect(await plsctl("context", "use", "two").0 == .done)
      let (_, shown) = await plsctl("context", "show", "-o", "json")
      #expect(
        try shown.json() == [
          "name": "two", "current": true, "url": "tls://nats.example.com", "operator": "bob",
          "ca_file": .string(authority),
        ])
      #expect(!shown.output.contains("plso_"))
      #expect(await plsctl("context", "remove", "two").0 == .done)
      let (lost, complaint) = await plsctl("context", "show", "two")
      #expect(lost == .configuration)
      #expect(complaint.errors == "plsctl: there is no context two; there are: one\n")
      let (unchosen, hint) = await plsctl("agents", "list")
      #expect(unchosen == .configuration)
      #expect(hint.errors.contains("no context is selected"))
      #expect(FileTree.read(path)?.contains(Self.token) == true)
    }
  }

  @Test(arguments: [
    ("contexts: {a: {url: x, token: y}}", "the key contexts.a.operator is missing"),
    ("contexts: [1]", "contexts has a value of the wrong type"),
    ("a: [", "line"), ("- x", "wrong type"), ("contexts: {a: b", "line"),
  ])
  func malformedFileIsReportedOnOneLine(text: String, complaint: String) async throws {
    try await inFolder { folder in
      let path = "\(folder)/contexts.yaml"
      try FileTree.write(text, to: path)
      chmod(path, 0o600)
      let console = TestConsole(environment: ["PLSCTL_CONFIG": path])
      #expect(await console.run("context", "list") == .configuration)
      #expect(console.complaints.count == 1)
      #expect(console.errors.hasPrefix("plsctl: \(path): "))
      #expect(console.errors.contains(complaint), "\(console.errors)")
    }
  }

  @Test func readableFileCausesWarning() async throws {
    try await inFolder { folder in
      let path = "\(folder)/contexts.yaml"
      try FileTree.write(
        "current: dev\ncontexts:\n  dev: {url: 'nats://127.0.0.1:4222', operator: admin, token: \(Self.token)}\n",
        to: path)
      chmod(path, 0o644)
      let console = TestConsole(environment: ["PLSCTL_CONFIG": path])
      #expect(await console.run("context", "show") == .done)
      #expect(console.errors.contains("chmod 600"))
      #expect(console.output.contains("nats://127.0.0.1:4222"))
    }
  }

  @Test func commandLineOverridesEnvironmentOverridesFile() async throws {
    try await inFolder { folder in
      let path = "\(folder)/plusclouds/contexts.yaml"
      let store = try ContextStore(environment: ["XDG_CONFIG_HOME": folder])
      #expect(store.path == path)
      try store.save(
        ContextsFile(
          current: "dev",
          contexts: [
            "dev": ConsoleContext(url: "nats://a", operatorName: "admin", token: Self.token),
            "other": ConsoleContext(url: "nats://b", operatorName: "bob", token: "t"),
          ]))
      let environment = ["XDG_CONFIG_HOME": folder, "PLSCTL_URL": "nats://c"]
      #expect(try ContextChoice(named: nil, environment: environment).context.url == "nats://c")
      #expect(try ContextChoice(named: nil, environment: environment).context.operatorName == "admin")
      #expect(try ContextChoice(named: "other", environment: environment).context.url == "nats://b")
      let all = ["PLSCTL_URL": "nats://c", "PLSCTL_OPERATOR": "x", "PLSCTL_TOKEN": "y"]
      #expect(try ContextChoice(named: nil, environment: all).context.token == "y")
      #expect(try ContextStore(environment: ["HOME": "/h"]).path == "/h/.config/plusclouds/contexts.yaml")
      #expect(throws: ConsoleError.self) { try ContextStore(environment: [:]) }
    }
  }

  @Test func existingContextIsReplacedAfterConfirmation() async throws {
    try await inFolder { folder in
      let path = "\(folder)/contexts.yaml"
      try FileTree.write(Self.token + "\n", to: "\(folder)/token")
      func add(_ url: String, _ more: [String] = [], answers: [String]? = nil) async -> (
        ProgramStatus, TestConsole
      ) {
        let console = TestConsole(environment: ["PLSCTL_CONFIG": path], answers: answers)
        let line = [
          "context", "add", "one", "--url", url, "--operator", "ada", "--token-file", "\(folder)/token",
        ]
        return (await console.run(line + more), console)
      }
      func url() throws -> String? {
        try ContextStore(environment: ["PLSCTL_CONFIG": path]).load()?.file.contexts["one"]?.url
      }
      #expect(await add("nats://127.0.0.1:1").0 == .done)
      let (status, console) = await add("nats://127.0.0.1:2")
      #expect(status == .usage)
      #expect(console.complaints.count == 1)
      #expect(console.errors.contains("use --replace"))
      #expect(console.errors.contains("ada at nats://127.0.0.1:1"))
      #expect(await add("nats://127.0.0.1:3", answers: ["n"]).0 == .interrupted)
      #expect(try url() == "nats://127.0.0.1:1")
      #expect(await add("nats://127.0.0.1:4", answers: ["y"]).0 == .done)
      #expect(try url() == "nats://127.0.0.1:4")
      #expect(await add("nats://127.0.0.1:5", ["--replace"]).0 == .done)
      #expect(try url() == "nats://127.0.0.1:5")
    }
  }

  @Test func onlyCertificatesAreExtracted() throws {
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    let text = "subject=x\n\(Self.pem)\(key)\(Self.pem)"
    #expect(AuthorityFile.certificates(in: text) == String((Self.pem + Self.pem).dropLast()))
    let begin = "-----BEGIN CERTIFICATE-----"
    #expect(AuthorityFile.certificates(in: "\(begin)\r\nMIIB\r\n-----END CERTIFICATE-----\r\n") != nil)
    // Lines that would end a here-document, or be commands in a shell, are rewrapped.
    let base64 = String(repeating: "EOF", count: 30)
    let words = "\(begin)\n\(String(repeating: "EOF\n", count: 30))-----END CERTIFICATE-----\n"
    #expect(
      AuthorityFile.certificates(in: words)
        == "\(begin)\n\(base64.prefix(64))\n\(base64.dropFirst(64))\n-----END CERTIFICATE-----")
    for bad in [key, "", "\(begin)\nMIIB\n", "\(begin)\n$(rm)\n-----END CERTIFICATE-----\n"] {
      #expect(AuthorityFile.certificates(in: bad) == nil, "\(bad)")
    }
  }

  @Test(arguments: [
    ("tls://a.example:4222,tls://[::1]:4222", "tls://a.example:4222,tls://[::1]:4222"),
    ("/a/ca.pem", "/a/ca.pem"), ("", "\"\""), ("a: b", "\"a: b\""), ("#x", "\"#x\""), ("x #y", "\"x #y\""),
    ("-", "\"-\""), ("[a]", "\"[a]\""), ("x:", "\"x:\""), ("a\"b", "\"a\\\"b\""),
  ])
  func yamlScalarIsQuotedIfNecessary(text: String, yaml: String) throws {
    #expect(YAMLScalar.text(text) == yaml)
  }

  @Test func missingFileErrorNamesRemedy() async throws {
    try await inFolder { folder in
      let console = TestConsole(environment: ["PLSCTL_CONFIG": "\(folder)/none.yaml"])
      #expect(await console.run("agents", "list") == .configuration)
      #expect(console.errors.contains("plsctl context add"))
      #expect(console.complaints.count == 1)
    }
  }
}
