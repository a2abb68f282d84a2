import AgentProtocol
import HostControl
import JSON
import Locks
import Logging
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct SystemUpdateTests {
  private static let debian = SystemUpdate.System(
    family: ["ubuntu", "debian"], name: "ubuntu 24.04", hasApt: true, isRoot: true)

  /// An operation with its collaborators.
  private struct Bench {
    let scratch: TemporaryFolder
    let folder: UpdateFolder
    let unit: FakeUpdateUnit
    let alerts = Recorder()
    let detachedUpdates: DetachedUpdateMonitor
    let update: SystemUpdate

    init(
      _ unit: FakeUpdateUnit = FakeUpdateUnit(), system: SystemUpdate.System = SystemUpdateTests.debian,
      prepare: (UpdateFolder) throws -> Void = { _ in },
      deliver: @escaping @Sendable () async -> Void = {}
    ) throws {
      scratch = try TemporaryFolder()
      folder = UpdateFolder(path: scratch.path + "/update")
      try prepare(folder)
      self.unit = unit
      let alerts = alerts
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      detachedUpdates = DetachedUpdateMonitor(
        unit: unit, folder: folder, distribution: system.name, logger: logger
      ) { alert in
        let command = alert.details["command_id"]?.stringValue ?? "-"
        alerts.add("\(alert.severity.rawValue) \(alert.code) \(command)")
        await deliver()
      }
      update = SystemUpdate(
        unit: unit, folder: folder, detachedUpdates: detachedUpdates, logger: logger, system: { system })
    }

    /// The worker's part.
    func work(_ phase: UpdateState.Phase, _ ending: UpdateState.Ending? = nil, id: String = "c") throws {
      try folder.write(
        UpdateState(
          commandID: id, phase: phase, ending: ending,
          upgraded: ending == .completed ? [.init(package: "a", from: "1", to: "2")] : [],
          isRebootRequired: ending == .completed))
    }

    func context(
      id: String = "c", stop: StopReason? = nil, progress: (any ProgressSink)? = nil
    ) -> CommandContext {
      CommandContext(commandID: id, outputLimit: 10_000, progress: progress, stopReason: { stop })
    }

    /// Waits until no report is pending.
    func waitUntilReported() async {
      while folder.isAnswered, !Task.isCancelled { await Task.yield() }
    }

    var isRefused: Bool {
      do {
        try update.parameters(from: [:], under: CommandPolicy(allowedOperations: [], executables: .init([])))
        return false
      } catch {
        return error.code == .busy
      }
    }
  }

  private static let nothing: JSONObject = [
    "distro": "ubuntu 24.04", "update_stdout": "", "update_stderr": "", "upgrade_stdout": "",
    "upgrade_stderr": "",
  ]

  private static func output(reboot: Bool, upgraded: [JSONValue] = []) -> JSONValue {
    var output = nothing
    output.append("reboot_required", .bool(reboot))
    output.append("upgraded", .array(upgraded))
    for list in ["failed_sources", "kept_back", "deferred"] { output.append(list, []) }
    return .object(output)
  }

  @Test(arguments: [
    (
      SystemUpdate.System(family: ["rocky", "rhel"], name: "rocky 9", hasApt: false, isRoot: true),
      ResultPayload.Code.unsupported
    ),
    (.init(family: ["rocky", "rhel"], name: "rocky 9", hasApt: true, isRoot: true), .unsupported),
    (.init(family: ["debian"], name: "debian 12", hasApt: false, isRoot: true), .unsupported),
    (.init(family: ["linux"], name: "linux", hasApt: false, isRoot: false), .unsupported),
    (.init(family: ["linuxmint", "ubuntu"], name: "linuxmint 21", hasApt: true, isRoot: false), .failed),
  ])
  func systemsThatCannotBeUpdated(system: SystemUpdate.System, code: ResultPayload.Code) async throws {
    let bench = try Bench(system: system)
    guard case .failed(code, _, nil, false) = await bench.update.run((), in: bench.context()) else {
      Issue.record("it did not fail as it should")
      return
    }
    #expect(bench.unit.starts == 0)
  }

  static let endings: [(UpdateState.Phase, UpdateState.Ending?, OperationOutcome)] = [
    (
      .done, .completed,
      .completed(output(reboot: true, upgraded: [["package": "a", "from": "1", "to": "2"]]))
    ),
    (.done, .failed("apt-get failed"), .failed(.failed, "apt-get failed", output: output(reboot: false))),
    (
      .done, .stopped,
      .failed(
        .cancelled, "the update was stopped before anything was installed", output: output(reboot: false))
    ),
    (
      .installing, nil,
      .failed(
        .interrupted,
        "the update was ended from outside while packages were installed; the next one repairs what is left undone",
        output: .object(nothing))
    ),
    (
      .starting, nil,
      .failed(.interrupted, "the update ended before it started", output: .object(nothing))
    ),
  ]

  @Test(arguments: endings)
  func endOfTheUpdateIsTheResult(
    phase: UpdateState.Phase, ending: UpdateState.Ending?, outcome: OperationOutcome
  ) async throws {
    // The connection to the service is lost twice.
    let bench = try Bench(FakeUpdateUnit(watchProblems: 1))
    async let answer = bench.update.run((), in: bench.context())
    await bench.unit.waitUntilStarted()
    try bench.work(phase, ending)
    bench.unit.end()
    #expect(await answer == outcome)
    #expect(bench.unit.stops == 0)
  }

  @Test func completedUpdateListsSkippedParts() {
    let sources = (1...7).map { FailedSource(source: "http://\($0)", reason: "r") }
    let state = UpdateState(
      commandID: "c", phase: .done, ending: .completed, failedSources: sources, keptBack: ["p", "q"],
      deferred: ["d"])
    let answer = UpdateReport(distribution: "debian 12", state: state, outputs: [:])
    guard case .completed(let output, let message, false) = answer.outcome else {
      Issue.record("it did not complete")
      return
    }
    let remarks =
      "package sources not used: http://1 (r), http://2 (r), http://3 (r), http://4 (r), http://5 (r) and 2 more; "
      + "kept back: p, q"
    #expect(message == remarks)
    #expect(
      output?.objectValue?["failed_sources"]?.arrayValue?.first == ["source": "http://1", "reason": "r"])
    #expect(output?.objectValue?["kept_back"] == ["p", "q"])
    #expect(output?.objectValue?["deferred"] == ["d"])
    let alert = answer.alert(unit: "u")
    #expect(alert.message.hasSuffix("is finished; \(remarks)"))
    #expect(alert.details["failed_sources"] == 7)
    #expect(alert.details["kept_back"] == 2)
  }

  @Test func outputIsReturnedAndForwarded() async throws {
    let bench = try Bench()
    let sink = Sink()
    async let answer = bench.update.run((), in: bench.context(progress: sink))
    await bench.unit.waitUntilStarted()
    try bench.scratch.write("update/update.stdout", "Get:1\n")
    await sink.changed.wait { sink.text == "stdout:Get:1\n" }
    try bench.scratch.write("update/upgrade.stderr", "W: x\n")
    try bench.work(.done, .completed)
    bench.unit.end()
    guard case .completed(let output, "", false) = await answer else {
      Issue.record("it did not complete")
      return
    }
    #expect(output?.objectValue?["update_stdout"] == "Get:1\n")
    #expect(output?.objectValue?["upgrade_stderr"] == "W: x\n")
    #expect(sink.text == "stdout:Get:1\nstderr:W: x\n")
  }

  private final class Sink: ProgressSink {
    let changed = Broadcast()
    private let written = Locked("")

    var text: String { written.withLock { $0 } }

    func write(_ stream: ProgressStream, _ bytes: [UInt8]) {
      written.withLock { $0 += "\(stream.rawValue):" + String(decoding: bytes, as: UTF8.self) }
      changed.signal()
    }
  }

  @Test func longOutputIsTruncated() async throws {
    let bench = try Bench()
    async let answer = bench.update.run((), in: bench.context())
    await bench.unit.waitUntilStarted()
    try bench.scratch.write("update/upgrade.stdout", String(repeating: "x", count: 10_001))
    try bench.work(.done, .completed)
    bench.unit.end()
    guard case .completed(let output, "", true) = await answer else {
      Issue.record("it was not cut")
      return
    }
    #expect(output?.objectValue?["upgrade_stdout"]?.stringValue?.utf8.count == 10_000)
  }

  @Test func serviceThatCannotBeStartedIsAFailure() async throws {
    let bench = try Bench(FakeUpdateUnit(startProblem: UpdateUnitError(description: "no systemd here")))
    #expect(await bench.update.run((), in: bench.context()) == .failed(.failed, "no systemd here"))
  }

  @Test func serviceStartedWithoutAReplyIsMonitored() async throws {
    let lost = UpdateUnitError(description: "no answer in time", isOutcomeUnknown: true)
    let bench = try Bench(FakeUpdateUnit(startProblem: lost, onStart: { $0.begin() }))
    async let answer = bench.update.run((), in: bench.context())
    await bench.unit.changed.wait { bench.unit.watchers > 0 }
    try bench.work(.done, .completed)
    bench.unit.end()
    #expect(await answer == Self.endings[0].2)
  }

  @Test func serviceWithoutAReplyThatDoesNotRunIsAFailure() async throws {
    let lost = UpdateUnitError(description: "no answer in time", isOutcomeUnknown: true)
    let bench = try Bench(FakeUpdateUnit(startProblem: lost))
    #expect(await bench.update.run((), in: bench.context()) == .failed(.failed, "no answer in time"))
  }

  @Test(arguments: [StopReason.cancelled, .timedOut, .interrupted])
  func stopDuringTheStartDoesNotLoseTheUpdate(reason: StopReason) async throws {
    let isStarting = Broadcast()
    let (isUnderWay, isCancelled) = (Locked(false), Locked(false))
    let bench = try Bench(
      FakeUpdateUnit(onStart: { _ in
        isUnderWay.withLock { $0 = true }
        isStarting.signal()
        await isStarting.wait { isCancelled.withLock { $0 } }
      }))
    let task = Task { await bench.update.run((), in: bench.context(stop: reason)) }
    await isStarting.wait { isUnderWay.withLock { $0 } }
    try bench.work(.installing)
    task.cancel()
    isCancelled.withLock { $0 = true }
    isStarting.signal()
    let answer = await task.value
    #expect(bench.unit.starts == 1)
    if reason == .interrupted {
      #expect(answer == .detached)
    } else {
      guard case .failed(.timedOut, _, .some, false) = answer else {
        Issue.record("the update was not handed to the monitor")
        return
      }
    }
    #expect(bench.folder.isAnswered == (reason != .interrupted))
  }

  @Test func runningUpdateIsNotDisturbed() async throws {
    let bench = try Bench(FakeUpdateUnit(isRunning: true)) { try $0.prepare(for: "other") }
    guard case .failed(.busy, _, nil, false) = await bench.update.run((), in: bench.context()) else {
      Issue.record("it is not busy")
      return
    }
    #expect(try bench.folder.state()?.commandID == "other")
  }

  @Test func stopBeforeTheInstallationEndsTheUpdate() async throws {
    let scratch = Locked<UpdateFolder?>(nil)
    let bench = try Bench(
      FakeUpdateUnit { unit in
        do {
          try scratch.withLock { $0 }?.write(UpdateState(commandID: "c", phase: .done, ending: .stopped))
        } catch { Issue.record(error) }
        unit.end()
      })
    scratch.withLock { $0 = bench.folder }
    let task = Task { await bench.update.run((), in: bench.context(stop: .timedOut)) }
    await bench.unit.waitUntilStarted()
    try bench.work(.downloading)
    task.cancel()
    guard case .failed(.cancelled, _, .some, false) = await task.value else {
      Issue.record("it was not stopped")
      return
    }
    #expect(bench.unit.stops == 1)
    #expect(!bench.isRefused)
    #expect(!bench.folder.isAnswered)
  }

  @Test func stoppedUpdateHasEnded() async throws {
    let bench = try Bench(FakeUpdateUnit(onStop: { $0.end() }))
    let task = Task { await bench.update.run((), in: bench.context(stop: .timedOut)) }
    await bench.unit.waitUntilStarted()
    try bench.work(.downloading)
    task.cancel()
    let answer = OperationOutcome.failed(
      .interrupted, "the update was ended from outside while downloading", output: .object(Self.nothing))
    #expect(await task.value == answer)
    #expect(!bench.folder.isAnswered)
  }

  @Test(
    arguments: [
      (.downloading, "the update has not stopped yet (downloading); an alert will report its outcome"),
      (
        .installing,
        "packages are being installed, which is never stopped; an alert will report its outcome"
      ),
    ] as [(UpdateState.Phase, String)])
  func unsuccessfulStopIsReported(phase: UpdateState.Phase, message: String) async throws {
    let bench = try Bench()
    let task = Task { await bench.update.run((), in: bench.context(stop: .timedOut)) }
    await bench.unit.waitUntilStarted()
    try bench.work(phase)
    task.cancel()
    let output: JSONValue = ["still_running": true, "unit": "fake-update.service"]
    #expect(await task.value == .failed(.timedOut, message, output: output))
    #expect(bench.folder.isAnswered)
  }

  @Test func installationContinuesAndItsEndRaisesAnAlert() async throws {
    let bench = try Bench()
    let life = Task { await bench.detachedUpdates.run() }
    let task = Task { await bench.update.run((), in: bench.context(stop: .cancelled)) }
    await bench.unit.waitUntilStarted()
    try bench.work(.installing)
    task.cancel()
    guard case .failed(.timedOut, _, let output?, false) = await task.value else {
      Issue.record("it was restarted")
      return
    }
    #expect(output == ["still_running": true, "unit": "fake-update.service"])
    #expect(bench.folder.isAnswered)
    #expect(bench.isRefused)
    #expect(bench.alerts.entries.isEmpty)
    try bench.work(.done, .completed)
    bench.unit.end()
    await bench.alerts.changed.wait { !bench.isRefused }
    await bench.alerts.changed.wait { !bench.alerts.entries.isEmpty }
    #expect(bench.alerts.entries == ["info UPDATE_FINISHED c"])
    await bench.waitUntilReported()
    life.cancel()
    await life.value
    #expect(!bench.isRefused)
  }

  @Test func markStaysUntilTheAlertIsDelivered() async throws {
    let gate = Gate()
    let bench = try Bench(prepare: Self.leaveAnswered, deliver: { await gate.pass() })
    let life = Task { await bench.detachedUpdates.run() }
    await bench.alerts.changed.wait { !bench.alerts.entries.isEmpty }
    #expect(bench.folder.isAnswered)
    #expect(!bench.isRefused)
    gate.open()
    await bench.waitUntilReported()
    life.cancel()
    await life.value
  }

  @Test func nextAgentRepeatsAnUndeliveredAlert() async throws {
    let gate = Gate()
    let bench = try Bench(prepare: Self.leaveAnswered, deliver: { await gate.pass() })
    let life = Task { await bench.detachedUpdates.run() }
    await bench.alerts.changed.wait { !bench.alerts.entries.isEmpty }
    life.cancel()
    await life.value
    #expect(bench.folder.isAnswered)
  }

  @Test func markOfTheNextUpdateIsKept() async throws {
    let gate = Gate()
    let bench = try Bench(prepare: Self.leaveAnswered, deliver: { await gate.pass() })
    let life = Task { await bench.detachedUpdates.run() }
    await bench.alerts.changed.wait { !bench.alerts.entries.isEmpty }
    try bench.folder.prepare(for: "d")
    bench.unit.begin()
    let watchers = bench.unit.watchers
    bench.detachedUpdates.begin()
    gate.open()
    await bench.unit.changed.wait { bench.unit.watchers > watchers }
    #expect(bench.folder.isAnswered)
    #expect(bench.isRefused)
    life.cancel()
    await life.value
  }

  private static func leaveAnswered(_ folder: UpdateFolder) throws {
    try folder.prepare(for: "c")
    try folder.markAnswered()
  }

  /// A gate that blocks callers until it is opened.
  private final class Gate: Sendable {
    private let changed = Broadcast()
    private let isOpen = Locked(false)

    func open() {
      isOpen.withLock { $0 = true }
      changed.signal()
    }

    func pass() async {
      await changed.wait { isOpen.withLock { $0 } }
    }
  }

  @Test func laterAgentReportsTheEnd() async throws {
    let bench = try Bench(FakeUpdateUnit(isRunning: true)) { folder in
      try folder.prepare(for: "c")
      try folder.markAnswered()
    }
    #expect(bench.isRefused)
    let life = Task { await bench.detachedUpdates.run() }
    try bench.work(.done, .failed("E: no"))
    bench.unit.end()
    await bench.alerts.changed.wait { !bench.alerts.entries.isEmpty }
    #expect(bench.alerts.entries == ["warning UPDATE_FAILED c"])
    life.cancel()
    await life.value
  }

  @Test func shutdownOfTheAgentDoesNotStopTheUpdate() async throws {
    let bench = try Bench()
    let task = Task { await bench.update.run((), in: bench.context(stop: .interrupted)) }
    await bench.unit.waitUntilStarted()
    try bench.work(.downloading)
    task.cancel()
    #expect(await task.value == .detached)
    #expect(bench.unit.stops == 0)
    #expect(!bench.folder.isAnswered)
  }

  @Test func endOfAnUpdateWithoutAnIDIsAnAlertAfterAShutdown() async throws {
    let bench = try Bench()
    let task = Task { await bench.update.run((), in: bench.context(id: "", stop: .interrupted)) }
    await bench.unit.waitUntilStarted()
    task.cancel()
    #expect(await task.value == .detached)
    #expect(bench.folder.isAnswered)
  }

  @Test(arguments: [1, .min, .max] as [Int64])
  func resumedUpdateHasAtLeastAMinute(startedAt: Int64) async throws {
    let bench = try Bench(FakeUpdateUnit(isRunning: true)) { try $0.prepare(for: "c") }
    // An update is not stopped regardless of its start time.
    async let answer = resume(bench, startedAt: startedAt)
    await bench.unit.changed.wait { bench.unit.watchers > 0 }
    #expect(bench.unit.stops == 0)
    try bench.work(.done, .failed("x"))
    bench.unit.end()
    #expect(await answer == .failed(.failed, "x", output: Self.output(reboot: false)))
  }

  private func resume(
    _ bench: Bench, id: String = "c", startedAt: Int64 = 1
  ) async -> OperationOutcome? {
    await bench.update.resume(
      InterruptedRun(
        commandID: id, operation: "system.update", startedAt: startedAt, bootID: "b", processes: []),
      in: bench.context())
  }

  @Test func runningUpdateIsResumed() async throws {
    let bench = try Bench(FakeUpdateUnit(isRunning: true)) { try $0.prepare(for: "c") }
    async let answer = resume(bench)
    try bench.work(.done, .completed)
    bench.unit.end()
    #expect(await answer == Self.endings[0].2)
    #expect(bench.unit.starts == 0)
  }

  @Test(arguments: endings)
  func updateThatEndedMeanwhileHasItsResult(
    phase: UpdateState.Phase, ending: UpdateState.Ending?, outcome: OperationOutcome
  ) async throws {
    let bench = try Bench { try $0.prepare(for: "c") }
    try bench.work(phase, ending)
    #expect(await resume(bench) == outcome)
    #expect(bench.unit.starts == 0)
  }

  @Test(arguments: ["other", ""])
  func runUnknownToTheFolderHasEnded(id: String) async throws {
    let bench = try Bench { try $0.prepare(for: "c") }
    #expect(await resume(bench, id: id) == nil)
    let empty = try Bench()
    #expect(await resume(empty, id: id) == nil)
  }

  @Test(arguments: [(nil, 1800), (7200, 7200), (5, 5)] as [(Int?, Int)])
  func defaultTimeoutIsHalfAnHour(timeout: Int?, seconds: Int) throws {
    let bench = try Bench()
    let gate = CommandGate(
      agent: try #require(AgentUUID("a")), catalogue: Catalogue([bench.update]),
      policy: CommandPolicy(allowedOperations: ["system.update"], executables: ExecutableAllowlist([])))
    let asked = timeout.map { ",\"timeout_s\":\($0)" } ?? ""
    let request = try gate.read(
      Envelope(id: "c", payload: Array("{\"operation\":\"system.update\"\(asked)}".utf8)))
    let command = try gate.admit(request, at: ClockReading(now: 1, isSynchronised: true))
    #expect(command.deadline(default: .seconds(30)) == .seconds(seconds))
  }
}
