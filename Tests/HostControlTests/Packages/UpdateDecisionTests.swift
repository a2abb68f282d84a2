import Testing

@testable import HostControl

/// The decisions of an update, which need no I/O.
@Suite struct UpdateDecisionTests {
  @Test(arguments: [
    ([], "", false), ([".", ".."], "\n", false), (["tmp.i"], "", false), (["0000"], "", true),
    (["..", "0001", "0000"], "", true), ([], "The following packages are only half configured:\n x\n", true),
    ([""], "", false), (["00x"], "", false),
  ])
  func repairIsNeededAfterAnInterruption(journal: [String], audit: String, isNeeded: Bool) {
    #expect(DpkgCondition.needsRepair(journal: journal, audit: audit) == isNeeded)
  }

  @Test(arguments: [
    (PackageUpgrade(package: "linux-image-6.1.0-9-amd64", from: "6.1.27-1", to: "6.1.27-2"), true),
    (PackageUpgrade(package: "linux-image-unsigned-6.1.0-9-amd64", from: "1", to: "2"), true),
    (PackageUpgrade(package: "linux-image-6.1.0-9-amd64:amd64", from: "1", to: "2"), true),
    (PackageUpgrade(package: "linux-image-6.1.0-8-amd64", from: "1", to: "2"), false),
    (PackageUpgrade(package: "linux-image-6.1.0-10-amd64", from: nil, to: "1"), true),
    (PackageUpgrade(package: "linux-image-amd64", from: "1", to: "2"), false),
    (PackageUpgrade(package: "linux-headers-6.1.0-9-amd64", from: nil, to: "1"), false),
    (PackageUpgrade(package: "bash", from: "1", to: "2"), false),
  ])
  func kernelUpgradeRequiresAReboot(upgrade: PackageUpgrade, isNeeded: Bool) {
    let other = PackageUpgrade(package: "zsh", from: "1", to: "2")
    #expect(RebootRequirement.isKernelReplaced(by: [other, upgrade], running: "6.1.0-9-amd64") == isNeeded)
  }

  @Test(arguments: [
    ("E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)\n", true),
    ("E: Could not get lock /var/lib/apt/lists/lock - open (11: Resource temporarily unavailable)\n", true),
    (
      "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?",
      true
    ),
    (
      "E: Unable to lock the administration directory (/var/lib/dpkg/), is another process using it?\n", true
    ),
    ("dpkg: error: dpkg frontend lock was locked by another process with pid 1120\n", true),
    ("dpkg: error: dpkg database lock was locked by another process with pid 1122\n", true),
    (
      "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\n"
        + "E: Unable to lock directory /var/lib/apt/lists/\n", false
    ),
    ("dpkg: error: dpkg frontend lock is locked by another process\n", true),
    ("E: Sub-process /usr/bin/dpkg returned an error code (1)\n", false), ("", false),
    ("Reading package lists...\r\nE: Could not get lock /var/lib/apt/lists/lock.\r\n", true),
    // A package script that calls apt-get, or mentions another lock.
    (
      "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)\n"
        + "E: Sub-process /usr/bin/dpkg returned an error code (1)\n", false
    ),
    (
      "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (dpkg)\n"
        + "dpkg: error processing package x (--configure):\n", false
    ),
    ("mydb: Could not get lock /run/mydb.lock, is another process using it?\n", false),
    ("the database was locked by another process\nE: no space\n", false),
  ])
  func heldLockIsRecognised(stderr: String, isHeld: Bool) {
    #expect(AptCommand.isLockHeld(stderr) == isHeld)
  }

  @Test(arguments: [
    (ProcessOutcome.Ending.exited(100), "", "apt-get upgrade failed with exit code 100"),
    (
      .exited(100), "W: x\nE: no space\nE: second\n", "apt-get upgrade failed with exit code 100: E: no space"
    ),
    (.signalled(9), "E", "apt-get upgrade was ended by signal 9"),
    (
      .exited(1), "dpkg: error processing x\n",
      "apt-get upgrade failed with exit code 1: dpkg: error processing x"
    ),
  ])
  func failureHasTheFirstErrorLine(ending: ProcessOutcome.Ending, stderr: String, message: String) {
    #expect(AptCommand.install.failure(ending, stderr: stderr) == message)
  }

  @Test(arguments: [AptCommand.update, .download, .install, .installAvailable, .simulate])
  func commandsAreNotInteractive(command: AptCommand) {
    #expect(command.executable == "/usr/bin/apt-get")
    #expect(command.arguments.contains("-y"))
    #expect(command.arguments.contains("Dpkg::Options::=--force-confold"))
    #expect(command.arguments.contains("Dpkg::Options::=--force-confdef"))
    // A setting of this machine must not suppress output that is parsed.
    #expect(command.arguments.contains("-q=1"))
    #expect(command.arguments.contains("--with-new-pkgs") == (command != .update))
  }

  @Test func onlyProxyVariablesAreInherited() {
    let environment = AptCommand.environment(from: [
      "PLUSCLOUDS_AGENT_NATS_API_KEY": "secret", "https_proxy": "http://proxy:3128", "LC_ALL": "de_DE",
    ])
    let variables = Dictionary(environment.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    #expect(variables["PLUSCLOUDS_AGENT_NATS_API_KEY"] == nil)
    #expect(variables["https_proxy"] == "http://proxy:3128")
    #expect(variables["LC_ALL"] == "C.UTF-8")
    #expect(variables["DEBIAN_FRONTEND"] == "noninteractive")
    #expect(environment.count == variables.count)
  }
}
