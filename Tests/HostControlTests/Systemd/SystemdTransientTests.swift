import Glibc
import Testing

@testable import HostControl

extension RealSystemdTests {
  @Suite("Transient services")
  struct SystemdTransientTests {
    let systemd = Systemd()

    @Test("A start that was not sent leaves nothing")
    func startThatWasNotSent() async throws {
      let service = transient("exit 4")
      await withTaskGroup(of: SystemdError.Code?.self) { group in
        group.cancelAll()
        group.addTask { await systemdError { try await systemd.start(service) }?.code }
        for await code in group { #expect(code == .cancelled) }
      }
      // systemd replies to calls in order.
      _ = try await systemd.loadedUnits(matching: service.name)
      try await systemd.start(service)
      #expect(try await systemd.ending(of: service.name) == .exited(4))
    }

    @Test("A withdrawn start frees its name")
    func withdrawal() async throws {
      let service = transient("sleep 100")
      try await systemd.start(service)
      await systemd.withdraw(service.name)
      while try await !systemd.loadedUnits(matching: service.name).isEmpty {}
      await systemd.withdraw(service.name)
      #expect(await systemdError { _ = try await systemd.ending(of: service.name) }?.code == .unitNotFound)
    }

    @Test(
      "The ending is returned",
      arguments: [
        ("exit 0", ServiceEnding.exited(0)), ("exit 7", .exited(7)), ("kill -KILL $$", .signalled(SIGKILL)),
        ("kill -TERM $$", .signalled(SIGTERM)), ("kill -ABRT $$", .signalled(SIGABRT)),
      ])
    func endings(_ script: String, _ expected: ServiceEnding) async throws {
      let run = transient(script)
      #expect(try await systemd.run(run) == expected)
      let started = transient("sleep 0.05; \(script)")
      try await systemd.start(started)
      #expect(try await systemd.ending(of: started.name) == expected)
      for name in [run.name, started.name] {
        #expect(await systemdError { _ = try await systemd.ending(of: name) }?.code == .unitNotFound)
      }
    }

    @Test("An ending is kept until it is queried")
    func keptEnding() async throws {
      let service = transient("exit 3")
      try await systemd.start(service)
      while try await systemd.service(service.name).activeState != "failed" {}
      #expect(try await systemd.ending(of: service.name) == .exited(3))
    }

    @Test("Services of other processes can be waited for")
    func servicesOfOtherProcessesCanBeAwaited() async throws {
      try await withServices(["foreign": "ExecStart=/bin/sleep 1000"]) { name async throws in
        let unit = name("foreign")
        _ = try await systemd.perform(.start, on: unit)
        try await withThrowingTaskGroup(of: ServiceEnding.self) { group in
          group.addTask { try await systemd.ending(of: unit) }
          group.addTask { try await systemd.ending(of: unit) }
          try await systemd.kill(unit, signal: SIGUSR1, onlyMain: true)
          for try await ending in group { #expect(ending == .signalled(SIGUSR1)) }
        }
        #expect(try await systemd.ending(of: unit) == .signalled(SIGUSR1))
      }
    }

    @Test("Output goes to files and descriptors; arguments and environment are passed unchanged")
    func output() async throws {
      try await withFolder { folder async throws in
        var service = transient(#"printf '%s|' "$@" "$NAME" "$PWD"; echo problem >&2"#)
        service.arguments += ["sh", "$HOME", "%n", "a b", #"back\slash"quote"#, "ü€", ""]
        service.environment = [("NAME", "va lue=$HOME%n")]
        service.workingDirectory = "/usr"
        let expected = #"$HOME|%n|a b|back\slash"quote|ü€||va lue=$HOME%n|/usr|"#
        service.output = .files(stdout: "\(folder)/out", stderr: "\(folder)/err")
        var ending = try await systemd.run(service)
        #expect(ending == .exited(0))
        #expect(text(of: "\(folder)/out") == expected)
        #expect(text(of: "\(folder)/err") == "problem\n")
        var status = stat()
        #expect(stat("\(folder)/out", &status) == 0 && status.st_mode & 0o777 == 0o600)

        let out = open("\(folder)/own", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(out) }
        // As the agent does: systemd may still report the end of the unit that had the name before.
        service.name = transient("").name
        service.output = .descriptors(stdout: out, stderr: out)
        ending = try await systemd.run(service)
        #expect(ending == .exited(0))
        #expect(text(of: "\(folder)/own") == expected + "problem\n")
      }
    }

    @Test("The service has the requested user, working directory and limits")
    func settings() async throws {
      try await withFolder { folder async throws in
        var service = transient(
          "id -un; cat /proc/self/oom_score_adj; grep NoNewPrivs /proc/self/status; readlink /proc/self/fd/0")
        service.user = "nobody"
        service.oomScoreAdjustment = 300
        service.canGainPrivileges = false
        service.output = .files(stdout: "\(folder)/out", stderr: "\(folder)/out")
        let ending = try await systemd.run(service)
        #expect(ending == .exited(0))
        #expect(text(of: "\(folder)/out") == "nobody\n300\nNoNewPrivs:\t1\n/dev/null\n")
      }
    }

    @Test("A failed start has a reason")
    func failures() async throws {
      var service = transient("")
      service.executable = "/no/such/program"
      var error = try #require(await systemdError { try await systemd.start(service) })
      #expect(error.code == .refused)
      #expect(error.description.contains("/no/such/program cannot be executed"), "\(error)")
      let ending = try await systemd.run(service)
      #expect(ending == .exited(203))

      service = transient("")
      service.user = "nosuchuser"
      error = try #require(await systemdError { try await systemd.start(service) })
      #expect(error.description.contains("nosuchuser"), "\(error)")

      service = transient("")
      service.workingDirectory = "/no/such/folder"
      error = try #require(await systemdError { try await systemd.start(service) })
      #expect(error.description.contains("/no/such/folder"), "\(error)")

      service = transient("")
      service.output = .files(stdout: "/no/such/folder/out", stderr: "/dev/null")
      error = try #require(await systemdError { try await systemd.start(service) })
      #expect(error.description.contains("/no/such/folder/out"), "\(error)")

      service = transient("sleep 1000")
      try await systemd.start(service)
      error = try #require(await systemdError { try await systemd.start(service) })
      #expect(error.busName == "org.freedesktop.systemd1.UnitExists")
      try await systemd.stop(service.name)
      let stopped = try await systemd.ending(of: service.name)
      #expect(stopped == .signalled(SIGTERM))
    }

    @Test("A stop terminates all processes, and kills those that ignore SIGTERM")
    func stopping() async throws {
      let mark = uniqueSleep()
      var service = transient("trap '' TERM; setsid sleep \(mark) & while :; do sleep \(mark); done")
      service.stopGrace = .milliseconds(200)
      try await systemd.start(service)
      try await eventually("it runs") { processes(having: mark).count == 2 }
      try await systemd.stop(service.name)
      #expect(processes(having: mark).isEmpty)
      #expect(try await systemd.ending(of: service.name) == .other(result: "timeout"))
    }

    @Test("The run time is limited")
    func timeLimit() async throws {
      var service = transient("sleep 1000")
      service.timeLimit = .milliseconds(300)
      let ending = try await systemd.run(service)
      #expect(ending == .other(result: "timeout"))
    }

    @Test("A cancelled run is stopped and returns its ending")
    func cancelledRun() async throws {
      let mark = uniqueSleep()
      let service = transient("exec sleep \(mark)")
      let ending = try await withThrowingTaskGroup(of: ServiceEnding.self) { group in
        group.addTask { try await systemd.run(service) }
        try await eventually("it runs") { !processes(having: mark).isEmpty }
        group.cancelAll()
        return try await group.next()
      }
      #expect(ending == .signalled(SIGTERM))
      #expect(processes(having: mark).isEmpty)
    }

    @Test("Two hundred concurrent services leave no descriptor open")
    func many() async throws {
      _ = try await systemd.run(transient("exit 0"))
      let before = names(in: "/proc/self/fd").count
      try await withFolder { folder async throws in
        try await withThrowingTaskGroup(of: (Int, ServiceEnding).self) { group in
          for number in 0..<200 {
            group.addTask {
              var service = transient("echo \(number); exit \(number % 100)")
              service.output = .files(stdout: "\(folder)/\(number)", stderr: "\(folder)/\(number)")
              if number.isMultiple(of: 2) { return (number, try await systemd.run(service)) }
              try await systemd.start(service)
              return (number, try await systemd.ending(of: service.name))
            }
          }
          for try await (number, ending) in group {
            #expect(ending == .exited(Int32(number % 100)))
            #expect(text(of: "\(folder)/\(number)") == "\(number)\n")
          }
        }
      }
      #expect(names(in: "/proc/self/fd").count == before)
      // systemd unloads a unit some time after it is released.
      while try await !systemd.loadedUnits(matching: "test-*.service").isEmpty {}
    }
  }
}
