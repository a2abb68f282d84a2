import Glibc
import HostControl
import Testing

/// Whether this machine has a system bus.
private let hasBus = access("/run/dbus/system_bus_socket", F_OK) == 0

@Suite("A machine without a system bus", .disabled(if: hasBus))
struct SystemdAbsenceTests {
  @Test("Every call fails at once with the reason", .timeLimit(.minutes(1)))
  func unavailable() async {
    let systemd = Systemd()
    let errors = [
      await systemdError { _ = try await systemd.services() },
      await systemdError { _ = try await systemd.service("a.service") },
      await systemdError { _ = try await systemd.traits(of: "a.service") },
      await systemdError { _ = try await systemd.perform(.start, on: "a.service") },
      await systemdError { try await systemd.enable("a.service") },
      await systemdError { try await systemd.disable("a.service") },
      await systemdError { try await systemd.stop("a.service") },
      await systemdError { try await systemd.start(transient("exit")) },
      await systemdError { _ = try await systemd.run(transient("exit")) },
      await systemdError { _ = try await systemd.ending(of: "a.service") },
      await systemdError { try await Logind().reboot() },
    ]
    for error in errors {
      #expect(error?.code == .unavailable)
      #expect(
        error?.description.contains("system bus") == true || error?.description.contains("libsystemd") == true
      )
    }
  }

  @Test("A listener waits for events and can be cancelled", .timeLimit(.minutes(1)))
  func listening() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await event in Systemd().unitEvents() { Issue.record("no event can come: \(event)") }
      }
      _ = await systemdError { _ = try await Systemd().services() }
      group.cancelAll()
    }
  }
}
