import Glibc

/// An update of this machine, from the repair of what an earlier one left undone to the installed packages.
///
/// It runs in a process of its own, outside the agent's unit: it outlives the agent, and installs its next version too.
/// What it does is in its ``UpdateFolder``; nobody needs to wait for it.
public struct UpdateWorker: Sendable {
  private let folder: UpdateFolder
  private let runner: ProcessRunner
  private let environment: [(name: String, value: String)]
  private let log: @Sendable (String) -> Void

  private static let lockPause = Duration.milliseconds(500)
  /// How often the ending is tried to be written to a disk that does not take it, 5 s apart.
  private static let endingAttempts = 24

  private enum Interruption: Error {
    case stopped
    case failed(String)
  }

  /// An update that the agent has prepared the folder for.
  ///
  /// - Parameters:
  ///   - variables: The environment of this process.
  ///   - log: Takes lines for the journal.
  public init(
    folder: UpdateFolder, variables: [String: String], log: @escaping @Sendable (String) -> Void
  ) {
    self.folder = folder
    self.log = log
    runner = ProcessRunner()
    environment = AptCommand.environment(from: variables)
  }

  /// Does it, to its end.
  ///
  /// - Parameter stopRequests: Each element asks to stop (SIGTERM): heard until packages are installed; from then on the
  ///   update goes on to its end, as a package that is half installed is worse than a late one.
  /// - Returns: The exit status: 0 when the folder tells how it ended, failure included.
  public func run(stopRequests: some AsyncSequence<some Sendable, Never> & Sendable) async -> Int32 {
    let stop = StopRequest()
    return await withTaskGroup(of: Int32?.self) { group in
      group.addTask {
        for await _ in stopRequests { stop.make() }
        return nil
      }
      group.addTask { await self.work(stop) }
      for await status in group {
        guard let status else { continue }
        group.cancelAll()
        return status
      }
      return 1
    }
  }

  private func work(_ stop: StopRequest) async -> Int32 {
    var state: UpdateState
    let outputs: Outputs
    do throws(UpdateFolderError) {
      guard let prepared = try folder.state(), prepared.phase == .starting else {
        log("nothing to do: \(folder.path) was not prepared for an update")
        return 1
      }
      state = prepared
      outputs = try Outputs(folder)
    } catch {
      log("no update: \(error)")
      return 1
    }
    let inhibitor = await inhibitShutdown()
    defer { inhibitor?.release() }
    var before: PackageList?
    var isComplete = true
    do throws(Interruption) {
      let list = try await packages()
      before = list
      isComplete = try await perform(&state, outputs, stop)
      state.ending = .completed
    } catch {
      switch error {
      case .stopped: state.ending = .stopped
      case .failed(let message): state.ending = .failed(message)
      }
    }
    if let before { await tell(&state, since: before) }
    if state.ending == .completed, !isComplete, state.upgraded.isEmpty {
      state.ending = .failed("no package could be fetched: \(FailedSource.summary(of: state.failedSources))")
    }
    state.isOutputTruncated = outputs.finish(log)
    state.phase = .done
    return await record(state)
  }

  /// Keeps the machine up; whoever asks logind for a reboot is told why not.
  private func inhibitShutdown() async -> Inhibitor? {
    do throws(SystemdError) {
      return try await Logind.shared.inhibit(
        "shutdown", who: "PlusClouds VM Agent", why: "Packages are being upgraded", mode: .block)
    } catch {
      log("the machine may be shut down in the middle of the update: \(error)")
      return nil
    }
  }

  /// The steps, one after another; each one's phase is on the disk before it begins.
  ///
  /// - Returns: Whether every package that was to be upgraded could be fetched.
  private func perform(
    _ state: inout UpdateState, _ outputs: Outputs, _ stop: StopRequest
  ) async throws(Interruption) -> Bool {
    var patience = LockPatience()
    enter(.repairing, &state)
    try await repair(outputs, stop, &patience)
    enter(.updating, &state)
    let update = try await run(
      .update, to: outputs.update, after: [PackageLock.lists], stop, &patience, isStoppable: true)
    let lists = AptSourceReport(update)
    state.failedSources = lists.failures
    if let problem = lists.problem(ofUpdate: update) { throw .failed(problem) }
    enter(.downloading, &state)
    let locks = PackageLock.dpkg + [PackageLock.archives]
    let download = try await run(
      .download, to: outputs.upgrade, after: locks, stop, &patience, isStoppable: true)
    let archives = AptSourceReport(download)
    let isComplete = download.ending == .exited(0)
    guard isComplete || archives.isOnlyFetchFailure else {
      throw .failed(AptCommand.download.failure(download.ending, stderr: download.stderr.text))
    }
    if !isComplete { FailedSource.add(archives.failures, to: &state.failedSources) }
    // Waited for before the point of no return, so that a long wait can still be ended.
    try await wait(for: locks, stop, &patience)
    enter(.installing, &state)
    let command = isComplete ? AptCommand.install : .installAvailable
    let install = try await run(
      command, to: outputs.upgrade, after: locks, stop, &patience, isStoppable: false)
    guard install.ending == .exited(0) || !isComplete && AptSourceReport(install).isOnlyFetchFailure else {
      throw .failed(command.failure(install.ending, stderr: install.stderr.text))
    }
    return isComplete
  }

  private func enter(_ phase: UpdateState.Phase, _ state: inout UpdateState) {
    state.phase = phase
    log("update: \(phase.rawValue)")
    do throws(UpdateFolderError) {
      try folder.write(state)
    } catch {
      log("the agent can't be told how far the update is: \(error)")
    }
  }

  private func repair(
    _ outputs: Outputs, _ stop: StopRequest, _ patience: inout LockPatience
  ) async throws(Interruption) {
    // While a lock is held the state is that of another program's work.
    try await wait(for: PackageLock.dpkg, stop, &patience)
    let audit = try await read(.audit, okay: 0...255)
    guard DpkgCondition.needsRepair(journal: Self.names(in: DpkgCondition.journal), audit: audit) else {
      return
    }
    log("dpkg was interrupted, finishing its work")
    do throws(Interruption) {
      let repair = try await run(
        .repair, to: outputs.upgrade, after: PackageLock.dpkg, stop, &patience, isStoppable: false)
      guard repair.ending == .exited(0) else {
        throw .failed(AptCommand.repair.failure(repair.ending, stderr: repair.stderr.text))
      }
    } catch {
      guard case .failed(let message) = error else { throw error }
      // A package that can't be configured now may be in its next version.
      log("the repair failed, trying the upgrade all the same: \(message)")
    }
  }

  // MARK: Running

  /// Runs a step, again and again while it only fails as somebody holds a lock, and there is patience.
  ///
  /// - Returns: The outcome of a program that has exited, with any status.
  private func run(
    _ command: AptCommand, to outputs: OutputPair, after locks: [String], _ stop: StopRequest,
    _ patience: inout LockPatience, isStoppable: Bool
  ) async throws(Interruption) -> ProcessOutcome {
    while true {
      try await wait(for: locks, stop, &patience)
      let start = ContinuousClock.now
      let outcome = try await run(command, to: outputs, stop, isStoppable: isStoppable)
      switch outcome.ending {
      case .exited(0): return outcome
      case .terminated where stop.isMade: throw .stopped
      case .exited where !patience.isOver && AptCommand.isLockHeld(outcome.stderr.text):
        log("a lock was taken in between, waiting for it")
        try await pause(stop)
        // apt waited too.
        patience.spend(.now - start)
      case .exited: return outcome
      case let ending: throw .failed(command.failure(ending, stderr: outcome.stderr.text))
      }
    }
  }

  private func run(
    _ command: AptCommand, to outputs: OutputPair, _ stop: StopRequest, isStoppable: Bool
  ) async throws(Interruption) -> ProcessOutcome {
    var request = request(command)
    request.onOutput = { stream, bytes in outputs[stream].append(bytes) }
    let finished = request
    let runner = runner
    let body = { @Sendable () async -> Result<ProcessOutcome, ProcessError> in
      do throws(ProcessError) {
        return .success(try await runner.run(finished))
      } catch {
        return .failure(error)
      }
    }
    guard let result = isStoppable ? await stop.interrupting(body) : await body() else { throw .stopped }
    switch result {
    case .success(let outcome): return outcome
    case .failure(let error): throw .failed("\(error)")
    }
  }

  private func request(_ command: AptCommand) -> ProcessRequest {
    var request = ProcessRequest(
      executable: command.executable, arguments: command.arguments, environment: environment,
      outputLimit: 1 << 20, terminationGrace: .milliseconds(500))
    // No likelier victim of the out-of-memory killer than this process: half an installation helps nobody.
    request.oomScoreAdjustment = nil
    return request
  }

  private func wait(
    for locks: [String], _ stop: StopRequest, _ patience: inout LockPatience
  ) async throws(Interruption) {
    var announced: pid_t?
    while !stop.isMade {
      guard let holder = PackageLock.holder(of: locks) else { return }
      if announced != holder { log("waiting for process \(holder), which holds the lock of apt or dpkg") }
      announced = holder
      guard !patience.isOver else {
        throw .failed("process \(holder) holds the lock of apt or dpkg, and was waited for long enough")
      }
      let start = ContinuousClock.now
      try await pause(stop)
      patience.spend(.now - start)
    }
    throw .stopped
  }

  private func pause(_ stop: StopRequest) async throws(Interruption) {
    let isOver: Bool? = await stop.interrupting {
      do { try await Task.sleep(for: Self.lockPause) } catch { return false }
      return true
    }
    guard isOver == true else { throw .stopped }
  }

  /// What a program that only tells something says.
  ///
  /// - Parameter okay: The exit codes with which it has told all.
  private func read(
    _ command: AptCommand, okay: ClosedRange<Int32> = 0...0
  ) async throws(Interruption) -> String {
    var request = request(command)
    request.outputLimit = 16 << 20
    let outcome: ProcessOutcome
    do throws(ProcessError) {
      outcome = try await runner.run(request)
    } catch {
      throw .failed("\(error)")
    }
    guard case .exited(let code) = outcome.ending, okay.contains(code), !outcome.stdout.isTruncated else {
      throw .failed(command.failure(outcome.ending, stderr: outcome.stderr.text))
    }
    return outcome.stdout.text
  }

  private func packages() async throws(Interruption) -> PackageList {
    PackageList(try await read(.list))
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names
  }

  // MARK: The end

  private func tell(_ state: inout UpdateState, since before: PackageList) async {
    do throws(Interruption) {
      state.upgraded = try await packages().upgrades(since: before)
    } catch {
      log("what was upgraded can't be told: \(error)")
    }
    if state.phase == .installing { await noteRemaining(&state) }
    var node = utsname()
    uname(&node)
    let release = withUnsafeBytes(of: node.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    state.isRebootRequired =
      access(RebootNeed.marker, F_OK) == 0
      || RebootNeed.isKernelReplaced(by: state.upgraded, running: release)
  }

  /// Notes which upgrades are left, and why nothing more was upgraded.
  private func noteRemaining(_ state: inout UpdateState) async {
    do throws(Interruption) {
      let remaining = RemainingUpgrades(try await read(.simulate))
      state.keptBack = remaining.keptBack
      state.deferred = remaining.deferred
    } catch {
      log("the upgrades that are left are unknown: \(error)")
    }
  }

  private func record(_ state: UpdateState) async -> Int32 {
    for attempt in 1...Self.endingAttempts {
      do throws(UpdateFolderError) {
        try folder.write(state)
        log("update: done")
        return 0
      } catch {
        log("attempt \(attempt) to write how the update ended failed: \(error)")
      }
      do { try await Task.sleep(for: .seconds(5)) } catch { break }
    }
    return 1
  }
}
