import Glibc
import HostControl
import Testing

@Suite(.enabled(if: geteuid() == 0, "only root can change to another user")) struct ProcessUserTests {
  private static func exists(_ user: String) -> Bool {
    contents("/etc/passwd").map { file in
      file.split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: "\(user):".utf8) }
    } ?? false
  }

  private func run(_ script: String, as user: String?) async throws -> String {
    var request = shell(script)
    request.user = user
    request.environment += [("HOME", "/of/the/agent"), ("KEPT", "yes")]
    let outcome = try await ProcessRunner().run(request)
    #expect(outcome.ending == .exited(0))
    #expect(outcome.stderr.text == "")
    return outcome.stdout.text
  }

  /// Some of these have supplementary groups on some machines.
  @Test(arguments: ["nobody", "daemon", "www-data", "messagebus", "postgres"].filter(exists))
  func programHasUserAndGroupsOfTheAccount(user: String) async throws {
    let expected = try await run("id -u \(user); id -g \(user); id -G \(user)", as: nil)
    #expect(try await run("id -u; id -g; id -G", as: user) == expected)
    #expect(try await run("id -ru; id -rg; id -G", as: user) == expected)
  }

  @Test func programOfAUserHasNoPrivileges() async throws {
    let status = try await run(
      "grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status", as: "nobody")
    let none = "0000000000000000"
    #expect(
      status.split(separator: "\n").map { $0.filter { $0 != "\t" } } == [
        "CapInh:\(none)", "CapPrm:\(none)", "CapEff:\(none)", "CapBnd:\(none)", "CapAmb:\(none)",
        "NoNewPrivs:1",
      ])
  }

  @Test func setUserIDBitHasNoEffect() async throws {
    let path = "/tmp/hostcontrol-\(getpid())-setuid-id"
    let script = "cp /usr/bin/id \(path) && chmod 4755 \(path)"
    _ = try await run(script, as: nil)
    defer { unlink(path) }
    // The check below is meaningful only if the bit has an effect here (no nosuid mount).
    try #require(try await run("setpriv --reuid=nobody --clear-groups \(path) -u", as: nil) == "0\n")
    #expect(try await run("\(path) -u", as: "nobody") == run("id -u nobody", as: nil))
  }

  @Test func environmentHasHomeAndNameOfTheUser() async throws {
    #expect(try await run("echo $HOME $USER $LOGNAME $KEPT", as: "daemon") == "/usr/sbin daemon daemon yes\n")
  }

  @Test func ownUserKeepsItsPrivileges() async throws {
    let script = "grep CapEff /proc/self/status; echo $HOME"
    #expect(try await run(script, as: "root") == run(script, as: nil))
  }

  @Test func workingDirectoryIsCheckedWithThePermissionsOfTheUser() async throws {
    let folder = "/tmp/hostcontrol-\(getpid())-private"
    try #require(mkdir(folder, 0o700) == 0)
    defer { rmdir(folder) }
    var request = shell("true")
    request.workingDirectory = folder
    request.user = "nobody"
    #expect(await startFailure(of: request)?.reason == .workingDirectoryUnusable)
  }

  @Test(arguments: ["", "no-such-user-here", "65534", "nobody ", "../nobody"])
  func unknownUserIsAnError(user: String) async {
    var request = shell("true")
    request.user = user
    let failure = await startFailure(of: request)
    #expect(failure?.reason == .unknownUser)
    #expect(failure?.message.contains("/bin/sh as \(user): there is no such user") == true)
  }

  @Test func credentialsOfThisProcessAreUnchanged() async throws {
    _ = try await run("true", as: "nobody")
    #expect(geteuid() == 0)
    #expect(getuid() == 0)
    #expect(try await run("id -u", as: nil) == "0\n")
  }

  /// Runs in a process of its own, as the change of the user is permanent.
  @Test func changeOfUserWithoutRootIsRefused() async {
    await #expect(processExitsWith: .success) {
      try #require(setgid(65_534) == 0 && setuid(65_534) == 0)
      var request = shell("true")
      request.user = "daemon"
      let failure = await startFailure(of: request)
      #expect(failure?.reason == .userChangeRefused)
      #expect(failure?.message.contains("only an agent that runs as root can") == true)
      request.user = "nobody"
      #expect(await startFailure(of: request) == nil)
    }
  }
}
