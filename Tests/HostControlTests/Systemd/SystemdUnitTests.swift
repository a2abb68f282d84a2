import Glibc
import HostControl
import Testing

extension RealSystemdTests {
  @Suite("Units")
  struct SystemdUnitTests {
    let systemd = Systemd()

    @Test("Actions on a unit and on its alias are serialised")
    func aliasIsSerialised() async throws {
      try await withServices(["slow": "Type=oneshot\nExecStart=/bin/sleep 1"]) { name async throws in
        let unit = name("slow")
        let alias = "alias-of-\(unit)"
        let link = "/run/systemd/system/\(alias)"
        try #require(symlink(unit, link) == 0)
        defer { unlink(link) }
        try await systemctl("daemon-reload")
        try await withThrowingTaskGroup(of: String.self) { group in
          group.addTask { try await systemd.perform(.start, on: unit) }
          while try await systemd.service(unit).activeState != "activating" {}
          // Without serialisation it would replace the start.
          group.addTask { try await systemd.perform(.stop, on: alias) }
          for try await result in group { #expect(result == "done") }
        }
      }
    }

    @Test("The list has all loaded services of systemctl")
    func list() async throws {
      try await withServices(["run": "ExecStart=/bin/sleep 1000"]) { name async throws in
        #expect(try await systemd.perform(.start, on: name("run")) == "done")
        let services = try await systemd.services()
        let listed = try await systemctl(
          "list-units", "--all", "--type=service", "--plain", "--no-legend", "--full")
        let expected = listed.split(separator: "\n").map {
          $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        .filter { $0[1] != "not-found" }.map { String($0[0]) }
        #expect(Set(expected) == Set(services.map(\.id)))
        #expect(!services.contains { $0.loadState == "not-found" })
        let own = try #require(services.first { $0.id == name("run") })
        #expect(own.activeState == "active")
        #expect(own.subState == "running")
        #expect(own.description == "Test of run")
        let pid = try #require(own.mainPID)
        #expect(
          contents("/proc/\(pid)/cmdline").map { String(decoding: $0, as: UTF8.self) }
            == "/bin/sleep\u{0}1000\u{0}")
        #expect(abs(try #require(own.since) - Int64(time(nil))) < 60)
        #expect(try await systemd.service(name("run")) == own)
        for service in services {
          #expect(
            try await systemd.service(service.id).unitFileState == service.unitFileState, "\(service.id)")
        }
      }
    }

    @Test("Actions on running and stopped services succeed")
    func actions() async throws {
      try await withServices(["act": "ExecStart=/bin/sleep 1000\nExecReload=/bin/true"]) {
        name async throws in
        let unit = name("act")
        #expect(try await systemd.service(unit).mainPID == nil)
        #expect(try await systemd.perform(.stop, on: unit) == "done")
        #expect(try await systemd.perform(.start, on: unit) == "done")
        let first = try #require(try await systemd.service(unit).mainPID)
        #expect(try await systemd.perform(.start, on: unit) == "done")
        #expect(try await systemd.perform(.reload, on: unit) == "done")
        #expect(try await systemd.service(unit).mainPID == first)
        #expect(try await systemd.perform(.restart, on: unit) == "done")
        #expect(try await systemd.service(unit).mainPID != first)
        #expect(try await systemd.perform(.stop, on: unit) == "done")
        #expect(try await systemd.service(unit).activeState == "inactive")
        #expect(try await systemd.perform(.reload, on: unit) != "done")
        #expect(try await systemd.perform(.restart, on: unit) == "done")
        #expect(try await systemd.service(unit).activeState == "active")
      }
    }

    @Test("A reload of a service that cannot reload is refused")
    func noReload() async throws {
      try await withServices(["plain": "ExecStart=/bin/sleep 1000"]) { name async throws in
        _ = try await systemd.perform(.start, on: name("plain"))
        let error = try #require(
          await systemdError { _ = try await systemd.perform(.reload, on: name("plain")) })
        #expect(error.code == .refused)
        #expect(error.busName == "org.freedesktop.systemd1.JobTypeNotApplicable")
        #expect(error.description.contains("reload \(name("plain"))"))
      }
    }

    @Test("A masked service is refused", arguments: [ServiceAction.start, .restart])
    func masked(_ action: ServiceAction) async throws {
      try await withServices(["mask": "ExecStart=/bin/sleep 1000"]) { name async throws in
        unlink("/run/systemd/system/\(name("mask"))")
        #expect(symlink("/dev/null", "/run/systemd/system/\(name("mask"))") == 0)
        try await systemctl("daemon-reload")
        let error = try #require(
          await systemdError { _ = try await systemd.perform(action, on: name("mask")) })
        #expect(error.code == .refused)
        #expect(error.busName == "org.freedesktop.systemd1.UnitMasked")
      }
    }

    @Test("Actions on a missing service throw unitNotFound", arguments: ServiceAction.allCases)
    func missing(_ action: ServiceAction) async throws {
      let error = try #require(
        await systemdError { _ = try await systemd.perform(action, on: "no-such.service") })
      #expect(error.code == .unitNotFound)
    }

    @Test("Queries of a missing service throw unitNotFound")
    func missingQueries() async throws {
      #expect(await systemdError { _ = try await systemd.service("no-such.service") }?.code == .unitNotFound)
      #expect(
        await systemdError { _ = try await systemd.traits(of: "no-such.service") }?.code == .unitNotFound)
      #expect(
        await systemdError { _ = try await systemd.realName(of: "no-such.service") }?.code == .unitNotFound)
      #expect(await systemdError { _ = try await systemd.enable("no-such.service") }?.code == .unitNotFound)
      #expect(await systemdError { _ = try await systemd.disable("no-such.service") }?.code == .unitNotFound)
      #expect(await systemdError { try await systemd.stop("no-such.service") }?.code == .unitNotFound)
      #expect(
        await systemdError { _ = try await systemd.ending(of: "no-such.service") }?.code == .unitNotFound)
      #expect(
        await systemdError { try await systemd.kill("no-such.service", signal: SIGTERM, onlyMain: true) }?
          .code
          == .unitNotFound)
    }

    @Test("An instance of a template can be started and stopped")
    func instance() async throws {
      try await withServices(["tpl@": "ExecStart=/bin/sleep %i"]) { name async throws in
        let unit = name("tpl@").replacing("@.service", with: "@1000.service")
        #expect(try await systemd.perform(.start, on: unit) == "done")
        #expect(try await systemd.service(unit).activeState == "active")
        #expect(try await systemd.services().contains { $0.id == unit })
        #expect(try await systemd.perform(.stop, on: unit) == "done")
      }
    }

    @Test("A failed start returns the result of the job")
    func failing() async throws {
      try await withServices(["bad": "Type=oneshot\nExecStart=/bin/false"]) { name async throws in
        #expect(try await systemd.perform(.start, on: name("bad")) == "failed")
        #expect(try await systemd.service(name("bad")).activeState == "failed")
        let traits = try await systemd.traits(of: name("bad"))
        #expect(traits.isOneshot)
        #expect(traits.result == "exit-code")
        #expect(traits.restartSetting == "no")
        #expect(!traits.isTransient)
        #expect(traits.triggeredBy.isEmpty)
        try await systemd.resetFailed(name("bad"))
        #expect(try await systemd.service(name("bad")).activeState == "inactive")
      }
    }

    @Test("A slow start delays only actions on the same service")
    func slow() async throws {
      try await withServices([
        "slow": "Type=oneshot\nExecStart=/bin/sleep 2", "quick": "ExecStart=/bin/sleep 1000",
      ]) {
        name async throws in
        let (slow, quick) = (name("slow"), name("quick"))
        try await withThrowingTaskGroup(of: (String, String).self) { group in
          group.addTask { ("start", try await systemd.perform(.start, on: slow)) }
          while try await systemd.service(slow).activeState != "activating" {}
          group.addTask { ("restart", try await systemd.perform(.restart, on: slow)) }
          group.addTask { ("other", try await systemd.perform(.start, on: quick)) }
          var ended: [String] = []
          while let (what, result) = try await group.next() {
            #expect(result == "done")
            ended.append(what)
          }
          #expect(ended == ["other", "start", "restart"])
        }
      }
    }

    @Test("A service that ignores SIGTERM is killed after the timeout")
    func ignoring() async throws {
      let script = "trap '' TERM; systemd-notify --ready; while :; do sleep 1000; done"
      try await withServices([
        "stubborn": "Type=notify\nNotifyAccess=all\nTimeoutStopSec=1\nExecStart=/bin/sh -c \"\(script)\""
      ]) {
        name async throws in
        #expect(try await systemd.perform(.start, on: name("stubborn")) == "done")
        #expect(try await systemd.perform(.stop, on: name("stubborn")) == "done")
        #expect(try await systemd.service(name("stubborn")).activeState == "failed")
        #expect(try await systemd.traits(of: name("stubborn")).result == "timeout")
      }
    }

    @Test("A cancelled wait returns at once, and the job continues")
    func cancelled() async throws {
      try await withServices(["wait": "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 2"]) {
        name async throws in
        let unit = name("wait")
        let result = await withTaskGroup(of: SystemdError?.self) { group in
          group.addTask { await systemdError { _ = try await systemd.perform(.start, on: unit) } }
          while (try? await systemd.service(unit).activeState) != "activating" {}
          group.cancelAll()
          return await group.next() ?? nil
        }
        #expect(result?.code == .cancelled)
        #expect(try await systemd.service(unit).activeState == "activating")
        #expect(try await systemd.perform(.start, on: unit) == "done")
      }
    }

    @Test("Services are enabled and disabled, unless they are static")
    func enabling() async throws {
      try await withServices(
        ["boot": "ExecStart=/bin/true"], install: "[Install]\nWantedBy=multi-user.target"
      ) {
        name async throws in
        let unit = name("boot")
        #expect(try await !systemd.service(unit).isEnabled)
        #expect(try await systemd.enable(unit).means == .unitFile(links: 1))
        #expect(try await systemd.service(unit).isEnabled)
        #expect(try await systemctl("is-enabled", unit).hasPrefix("enabled"))
        #expect(try await systemd.disable(unit).means == .unitFile(links: 1))
        #expect(try await !systemd.service(unit).isEnabled)
      }
      try await withServices(["static": "ExecStart=/bin/true"]) { name async throws in
        let change = try await systemd.enable(name("static"))
        #expect(change.means == .unitFile(links: 0))
        #expect(!change.hasInstallSection)
        #expect(try await systemd.service(name("static")).unitFileState == "static")
      }
    }

    @Test("An alias resolves to its unit")
    func alias() async throws {
      try await withServices(["real": "ExecStart=/bin/sleep 1000"]) { name async throws in
        let alias = "alias-of-\(name("real"))"
        #expect(symlink("/run/systemd/system/\(name("real"))", "/run/systemd/system/\(alias)") == 0)
        defer { unlink("/run/systemd/system/\(alias)") }
        try await systemctl("daemon-reload")
        #expect(try await systemd.realName(of: alias) == name("real"))
        #expect(try await systemd.realName(of: name("real")) == name("real"))
      }
    }

    @Test(
      "Invalid names are rejected",
      arguments: ["../../x", "a b.service", "", "x\u{0}.service", String(repeating: "x", count: 300)])
    func badNames(_ name: String) async throws {
      let error = try #require(await systemdError { _ = try await systemd.perform(.start, on: name) })
      #expect(error.code == .refused || error.code == .unitNotFound)
    }
  }
}
