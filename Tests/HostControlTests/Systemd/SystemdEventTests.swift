import Clocks
import Glibc
import Testing

@testable import HostControl

extension RealSystemdTests {
  @Suite("Events")
  struct SystemdEventTests {
    let systemd = Systemd()

    /// Reads events up to the first that matches, and returns them.
    private func collect(
      _ events: inout AsyncStream<UnitEvent>.Iterator, until isWanted: (UnitEvent) -> Bool
    ) async throws -> [UnitEvent] {
      var collected: [UnitEvent] = []
      while true {
        let event = try #require(await events.next(isolation: #isolation))
        collected.append(event)
        if isWanted(event) { return collected }
      }
    }

    @Test("A failed start produces events of the job, the states and the job's end")
    func failure() async throws {
      try await withServices(["crash": "ExecStart=/bin/sh -c 'sleep 0.2; exit 1'"]) { name async throws in
        let unit = name("crash")
        var events = systemd.unitEvents().makeAsyncIterator()
        #expect(await events.next(isolation: #isolation) == .connected)
        #expect(try await systemd.perform(.start, on: unit) == "done")
        let received = try await collect(&events) {
          if case .changed(unit, "failed", "failed") = $0 { true } else { false }
        }
        let jobs = received.compactMap { event in
          switch event {
          case .jobQueued(unit, let job): "queued \(job)"
          case .jobRemoved(unit, let job, let result): "\(result) \(job)"
          default: nil
          }
        }
        let job = try #require(jobs.first?.split(separator: " ").last)
        #expect(jobs == ["queued \(job)", "done \(job)"])
        let states = received.compactMap { event in
          if case .changed(unit, let active, _) = event { active } else { nil }
        }
        #expect(states.first == "inactive" || states.first == "active")
        #expect(states.contains("active"))
      }
    }

    @Test("Only services produce events")
    func onlyServices() async throws {
      try await withServices(["fence": "Type=oneshot\nExecStart=/bin/true"]) { name async throws in
        var events = systemd.unitEvents().makeAsyncIterator()
        #expect(await events.next(isolation: #isolation) == .connected)
        try await systemctl("start", "sys-kernel-config.mount", "time-set.target")
        try await systemctl("stop", "time-set.target")
        #expect(try await systemd.perform(.start, on: name("fence")) == "done")
        let received = try await collect(&events) {
          if case .jobRemoved(name("fence"), _, _) = $0 { true } else { false }
        }
        for event in received {
          switch event {
          case .changed(let unit, _, _), .jobQueued(let unit, _), .jobRemoved(let unit, _, _):
            #expect(unit.hasSuffix(".service"))
          case .connected, .disconnected:
            Issue.record("the bus was not lost")
          }
        }
      }
    }

    @Test("A restart of the bus fails waiters, and calls and events resume")
    func restart() async throws {
      try await withServices(["long": "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 3"]) {
        name async throws in
        let unit = name("long")
        var events = systemd.unitEvents().makeAsyncIterator()
        #expect(await events.next(isolation: #isolation) == .connected)
        let kept = transient("sleep 3; exit 5")
        try await systemd.start(kept)
        try await withThrowingTaskGroup(of: SystemdError?.self) { group in
          group.addTask { await systemdError { _ = try await systemd.perform(.start, on: unit) } }
          group.addTask { await systemdError { _ = try await systemd.ending(of: kept.name) } }
          while try await systemd.service(unit).activeState != "activating" {}
          try await systemctl("restart", "dbus.service")
          for try await error in group { #expect(error?.code == .disconnected) }
        }
        _ = try await collect(&events) { $0 == .disconnected }
        #expect(try await systemd.service(unit).id == unit)
        #expect(try await systemd.ending(of: kept.name) == .exited(5))
        _ = try await collect(&events) { $0 == .connected }
        #expect(try await systemd.perform(.start, on: unit) == "done")
        _ = try await collect(&events) {
          if case .jobRemoved(unit, _, "done") = $0 { true } else { false }
        }
      }
    }

    @Test("Forged signals are ignored")
    func forgery() async throws {
      try await withServices(["long": "Type=oneshot\nExecStart=/bin/sleep 2"]) { name async throws in
        let unit = name("long")
        var events = systemd.unitEvents().makeAsyncIterator()
        #expect(await events.next(isolation: #isolation) == .connected)
        let service = transient("sleep 2; exit 5")
        try await systemd.start(service)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let result = try await systemd.perform(.start, on: unit)
            #expect(result == "done")
          }
          group.addTask {
            let ending = try await systemd.ending(of: service.name)
            #expect(ending == .exited(5))
          }
          let queued = try await collect(&events) { if case .jobQueued(unit, _) = $0 { true } else { false } }
          guard case .jobQueued(_, let job)? = queued.last else { return }
          let destination = try await ownName()
          let service = UnitPath.encode(service.name)
          let changed = ["org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as"]
          try await forge(
            to: destination, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "JobRemoved",
            "uoss", "\(job)", "/org/freedesktop/systemd1/job/\(job)", unit, "failed")
          try await forge(
            to: destination, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "sss",
            "org.freedesktop.systemd1", ":1.0", ":1.999999")
          try await forge(
            to: destination,
            [service] + changed + [
              "org.freedesktop.systemd1.Service", "3", "Result", "s", "success", "ExecMainCode", "i", "1",
              "ExecMainStatus", "i", "0", "0",
            ])
          try await forge(
            to: destination,
            [service] + changed + [
              "org.freedesktop.systemd1.Unit", "2", "ActiveState", "s", "inactive", "SubState", "s", "forged",
              "0",
            ])
          try await group.waitForAll()
          let received = try await collect(&events) {
            if case .jobRemoved(unit, _, _) = $0 { true } else { false }
          }
          #expect(received.last == .jobRemoved(unit: unit, job: job, result: "done"))
          #expect(!received.contains { if case .changed(_, _, "forged") = $0 { true } else { false } })
        }
      }
    }

    @Test("Events continue after a daemon-reexec")
    func reexecution() async throws {
      try await withServices(["short": "Type=oneshot\nExecStart=/bin/true"]) { name async throws in
        var events = systemd.unitEvents().makeAsyncIterator()
        #expect(await events.next(isolation: #isolation) == .connected)
        try await systemctl("daemon-reexec")
        // systemd leaves the bus for a moment.
        var result = ""
        while result.isEmpty {
          do throws(SystemdError) {
            result = try await systemd.perform(.start, on: name("short"))
          } catch {
            try #require(error.code == .unavailable)
          }
        }
        #expect(result == "done")
        _ = try await collect(&events) {
          if case .jobRemoved(name("short"), _, "done") = $0 { true } else { false }
        }
      }
    }

    /// The unique name of this process's connection.
    private func ownName() async throws -> String {
      let list = try await ProcessRunner().run(request("/usr/bin/busctl", ["list", "--no-legend"])).stdout
        .text
      let line = list.split(separator: "\n").map { $0.split(separator: " ") }
        .first { $0.count > 1 && $0[1] == "\(getpid())" }
      return String(try #require(line?.first))
    }

    /// Sends a unicast signal, as any user can.
    private func forge(to destination: String, _ signal: String...) async throws {
      try await forge(to: destination, signal)
    }

    private func forge(to destination: String, _ signal: [String]) async throws {
      let outcome = try await ProcessRunner().run(
        request(
          "/usr/sbin/runuser",
          ["-u", "nobody", "--", "/usr/bin/busctl", "--destination=\(destination)", "emit"] + signal))
      #expect(outcome.ending == .exited(0), "\(outcome.stderr.text)")
    }

    @Test("Without a bus calls fail at once, and events resume with the bus without a call")
    func absence() async throws {
      var events = systemd.unitEvents().makeAsyncIterator()
      #expect(await events.next(isolation: #isolation) == .connected)
      try await systemctl("stop", "dbus.socket", "dbus.service")
      _ = try await collect(&events) { $0 == .disconnected }
      let error = await systemdError { _ = try await systemd.service("dbus.service") }
      #expect(error?.code == .unavailable)
      #expect(error?.description.contains("install and start dbus") == true, "\(String(describing: error))")
      try await systemctl("start", "dbus.service")
      _ = try await collect(&events) { $0 == .connected }
      #expect(try await systemd.service("dbus.service").activeState == "active")
    }

    @Test("A call times out when the bus hangs before the handshake")
    func hangingBus() async throws {
      let pid = try #require(try await systemd.service("dbus.service").mainPID)
      kill(pid, SIGSTOP)
      defer { kill(pid, SIGCONT) }
      try callOnNewConnection(timeout: .milliseconds(200)) { #expect($0?.code == .timedOut) }
    }

    /// Makes a call on a new connection, on this thread.
    private func callOnNewConnection(timeout: Duration, _ check: @escaping (SystemdError?) -> Void) throws {
      let connection = try BusConnection { _ in }
      var isAnswered = false
      connection.send(.manager("Subscribe", timeout: timeout, to: "test"), id: 1) { answer in
        if case .failure(let error) = answer { check(error) } else { check(nil) }
        isAnswered = true
      }
      while !isAnswered {
        var descriptor = connection.descriptor
        let now = MonotonicClock.now()
        let wait = connection.deadline.map { $0 > now ? ($0 - now) / 1_000_000 + 1 : 0 }
        poll(&descriptor, 1, wait.map { Int32(clamping: $0) } ?? -1)
        try #require(connection.process() || isAnswered)
      }
    }

    @Test("An inhibitor blocks a shutdown until it is released")
    func inhibitor() async throws {
      let mark = "test \(UInt32.random(in: 0 ... .max))"
      let inhibitor = try await Logind().inhibit("shutdown", who: mark, why: "a test", mode: .delay)
      func list() async throws -> String {
        try await ProcessRunner().run(request("/usr/bin/systemd-inhibit", ["--list", "--no-legend"])).stdout
          .text
      }
      #expect(try await list().contains(mark))
      inhibitor.release()
      while try await list().contains(mark) {}
    }
  }
}
