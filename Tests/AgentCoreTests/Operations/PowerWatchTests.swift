import AgentProtocol
import Glibc
import JSON
import Locks
import Logging
import Testing

@testable import AgentCore
@testable import HostControl

@Suite(.timeLimit(.minutes(1))) final class PowerWatchTests {
  private let folder: String
  private let control = FakePower()
  private let alerts = Recorder()

  init() throws {
    var template = Array("/tmp/power-watch-XXXXXX".utf8CString)
    folder = String(cString: try #require(mkdtemp(&template)))
  }

  deinit {
    unlink("\(folder)/power.json")
    rmdir(folder)
  }

  private func watch(boot: String, at time: Int64 = 1_000) -> PowerWatch {
    PowerWatch(
      control: control, file: PowerRequestFile(folder: folder), bootID: boot, now: { time },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { [alerts] alert in alerts.add("\(alert.code) \(alert.details["command_id"]?.stringValue ?? "")") }
  }

  private func following(_ watch: PowerWatch, _ body: () async throws -> Void) async rethrows {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await watch.run() }
      try await body()
      group.cancelAll()
    }
  }

  /// Polls until the file is removed, for 20 s at most.
  private func untilRemoved() async {
    let limit = ContinuousClock.now + .seconds(60)
    while isKept, ContinuousClock.now < limit { try? await Task.sleep(for: .milliseconds(5)) }
    #expect(!isKept)
  }

  private var isKept: Bool { access("\(folder)/power.json", F_OK) == 0 }

  @Test func shutdownIsDelayedUntilTheResultIsDelivered() async throws {
    let watch = watch(boot: "first")
    try await watch.request(.reboot, for: "c1")
    #expect(control.log.entries == ["delay", "vm.reboot"])
    #expect(watch.isGoingDown)
    watch.releaseDelay()
    watch.releaseDelay()
    #expect(control.log.entries == ["delay", "vm.reboot", "release"])
  }

  @Test func rejectedRequestIsRemoved() async {
    let watch = watch(boot: "first")
    control.refuse()
    await #expect(throws: SystemdError.self) { try await watch.request(.shutdown, for: "c1") }
    #expect(control.log.entries == ["delay", "release"])
    #expect(!watch.isGoingDown)
    #expect(!isKept)
  }

  @Test func bootRaisesOneAlert() async throws {
    try await watch(boot: "first").request(.reboot, for: "c1")
    #expect(isKept)
    await following(watch(boot: "second")) {
      await untilRemoved()
    }
    #expect(alerts.entries == ["REBOOT_COMPLETED c1"])
    await following(watch(boot: "third")) {}
    #expect(alerts.entries.count == 1)
  }

  @Test func restartedAgentReportsThatTheMachineDidNotGoDown() async throws {
    try await watch(boot: "first").request(.reboot, for: "c1")
    await following(watch(boot: "first", at: 1_300)) { await alerts.changed.wait { !alerts.entries.isEmpty } }
    #expect(alerts.entries == ["REBOOT_NOT_HAPPENED c1"])
  }

  @Test func timedOutRequestIsMonitored() async {
    let watch = watch(boot: "first")
    control.refuse(.timedOut)
    await #expect(throws: SystemdError.self) { try await watch.request(.reboot, for: "c1") }
    #expect(!watch.isGoingDown)
    await following(self.watch(boot: "second")) { await alerts.changed.wait { !alerts.entries.isEmpty } }
    #expect(alerts.entries == ["REBOOT_COMPLETED c1"])
  }

  @Test func persistedRequestDoesNotBlockCommands() async throws {
    try await watch(boot: "first").request(.reboot, for: "c1")
    let next = watch(boot: "first", at: 1_010)
    await following(next) { #expect(!next.isGoingDown) }
    #expect(isKept)
  }

  @Test func completedRequestDoesNotRemoveTheNextOne() async throws {
    try await watch(boot: "first").request(.reboot, for: "c1")
    let gate = Broadcast()
    let isOpen = Locked(false)
    let second = PowerWatch(
      control: control, file: PowerRequestFile(folder: folder), bootID: "second", now: { 1_100 },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { [alerts] alert in
      alerts.add(alert.code)
      await gate.wait { isOpen.withLock { $0 } }
    }
    try await following(second) {
      await alerts.changed.wait { !alerts.entries.isEmpty }
      try await second.request(.shutdown, for: "c2")
      isOpen.withLock { $0 = true }
      gate.signal()
      await control.log.changed.wait { control.log.entries.contains("vm.shutdown") }
    }
    #expect(try PowerRequestFile(folder: folder).read()?.commandID == "c2")
  }

  @Test(arguments: ["", "{", "[]", "{\"command_id\":\"x\"}"])
  func invalidFileIsRemoved(content: String) async throws {
    try DurableFile.write(Array(content.utf8), to: "\(folder)/power.json")
    let watch = watch(boot: "first")
    await following(watch) { await untilRemoved() }
    #expect(!watch.isGoingDown)
    #expect(alerts.entries.isEmpty)
  }
}

private final class FakePower: PowerControl {
  let log = Recorder()
  private let refusal = Locked<SystemdError.Code?>(nil)

  func refuse(_ code: SystemdError.Code = .refused) { refusal.withLock { $0 = code } }

  func request(_ transition: PowerTransition) async throws(SystemdError) {
    if let code = refusal.withLock({ $0 }) { throw SystemdError(code, "no") }
    log.add(transition.rawValue)
  }

  func delayShutdown(why: String) async throws(SystemdError) -> any ShutdownDelay {
    log.add("delay")
    return FakeDelay(log: log)
  }
}

private struct FakeDelay: ShutdownDelay {
  let log: Recorder

  func release() { log.add("release") }
}
