import Glibc

/// Updates the packages of this machine, after it has repaired an interrupted installation.
///
/// It runs in a process of its own, outside the agent's unit, and so survives an upgrade of the agent. It records its state in an
/// ``UpdateFolder``, so that no other process has to wait for it.
public struct UpdateWorker: Sendable {
  private let folder: UpdateFolder
  private let runner: ProcessRunner
  private let environment: [(name: String, value: String)]
  private let log: @Sendable (String) -> Void

  private static let lockPause = Duration.milliseconds(500)
  /// The number of attempts to write the ending to a failing disk, 5 s apart.
  private static let endingAttempts = 24

  private enum Interruption: Error {
    case stopped
    case failed(String)
  }

  /// Creates a worker for a folder that the agent has prepared.
  ///
  /// - Parameters:
  ///   - variables: The environment of this process.
  ///   - log: Writes a line to the journal.
  public init(
    folder: UpdateFolder, variables: [String: String], log: @escaping @Sendable (String) -> Void
  ) {
    self.folder = folder
    self.log = log
    runner = ProcessRunner()
    environment = AptCommand.environment(from: variables)
  }

  /// Runs the update until it has ended.
  ///
  /// - Parameter stopRequests: Each element requests a stop (SIGTERM). Once packages are being installed requests have no effect, as
  ///   a partly installed package is worse than a delay.
  /// - Returns: The exit status: 0 when the ending was recorded in the folder, also that of a failed update.
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
    if let before { await collectResults(&state, since: before) }
    if state.ending == .completed, !isComplete, state.upgraded.isEmpty {
      state.ending = .failed("no package could be fetched: \(FailedSource.summary(of: state.failedSources))")
    }
    state.isOutputTruncated = outputs.finish(log)
    state.phase = .done
    return await record(state)
  }

  /// Blocks a shutdown during the update. systemd-logind shows the reason.
  private func inhibitShutdown() async -> Inhibitor? {
    do throws(SystemdError) {
      return try await Logind.shared.inhibit(
        "shutdown", who: "PlusClouds VM Agent", why: "Packages are being upgraded", mode: .block)
    } catch {
      log("a shutdown during the update can't be prevented: \(error)")
      return nil
    }
  }

  /// Performs the steps in order. The phase of a step is on disk before it begins.
  ///
  /// - Returns: Whether all packages to upgrade could be downloaded.
  private func perform(
    _ state: inout UpdateState, _ outputs: Outputs, _ stop: StopRequest
  ) async throws(Interruption) -> Bool {
    var timeout = LockTimeout()
    enter(.repairing, &state)
    try await repair(outputs, stop, &timeout)
    enter(.updating, &state)
    let update = try await run(
      .update, to: outputs.update, after: [PackageLock.lists], stop, &timeout, isStoppable: true)
    let lists = AptSourceReport(update)
    state.failedSources = lists.failures
    if let problem = lists.problem(ofUpdate: update) { throw .failed(problem) }
    enter(.downloading, &state)
    let locks = PackageLock.dpkg + [PackageLock.archives]
    let download = try await run(
      .download, to: outputs.upgrade, after: locks, stop, &timeout, isStoppable: true)
    let archives = AptSourceReport(download)
    let isComplete = download.ending == .exited(0)
    guard isComplete || archives.isOnlyFetchFailure else {
      throw .failed(AptCommand.download.failure(download.ending, stderr: download.stderr.text))
    }
    if !isComplete { FailedSource.add(archives.failures, to: &state.failedSources) }
    // Wait before the step that cannot be stopped, so that the wait itself can be.
    try await wait(for: locks, stop, &timeout)
    enter(.installing, &state)
    let command = isComplete ? AptCommand.install : .installAvailable
    let install = try await run(
      command, to: outputs.upgrade, after: locks, stop, &timeout, isStoppable: false)
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
      log("the state of the update can't be written: \(error)")
    }
  }

  private func repair(
    _ outputs: Outputs, _ stop: StopRequest, _ timeout: inout LockTimeout
  ) async throws(Interruption) {
    // While a lock is held, unfinished packages are those of the program that holds it.
    try await wait(for: PackageLock.dpkg, stop, &timeout)
    let audit = try await read(.audit, successCodes: 0...255)
    guard DpkgCondition.needsRepair(journal: Self.names(in: DpkgCondition.journal), audit: audit) else {
      return
    }
    log("dpkg was interrupted, finishing its work")
    do throws(Interruption) {
      let repair = try await run(
        .repair, to: outputs.upgrade, after: PackageLock.dpkg, stop, &timeout, isStoppable: false)
      guard repair.ending == .exited(0) else {
        throw .failed(AptCommand.repair.failure(repair.ending, stderr: repair.stderr.text))
      }
    } catch {
      guard case .failed(let message) = error else { throw error }
      // The next version of a package may be configurable.
      log("the repair failed, continuing with the upgrade: \(message)")
    }
  }

  // MARK: Running

  /// Runs a step, and repeats it within the timeout while it fails only because another process holds a lock.
  ///
  /// - Returns: The outcome of a program that has exited, with any status.
  private func run(
    _ command: AptCommand, to outputs: OutputPair, after locks: [String], _ stop: StopRequest,
    _ timeout: inout LockTimeout, isStoppable: Bool
  ) async throws(Interruption) -> ProcessOutcome {
    while true {
      try await wait(for: locks, stop, &timeout)
      let start = ContinuousClock.now
      let outcome = try await run(command, to: outputs, stop, isStoppable: isStoppable)
      switch outcome.ending {
      case .exited(0): return outcome
      case .terminated where stop.isMade: throw .stopped
      case .exited where !timeout.isExpired && AptCommand.isLockHeld(outcome.stderr.text):
        log("another process took a lock, waiting for it")
        try await pause(stop)
        // Includes the time that apt itself has waited.
        timeout.subtract(.now - start)
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
    // As protected from the out-of-memory killer as this process, as a partial installation is worse than a late one.
    request.oomScoreAdjustment = nil
    return request
  }

  private func wait(
    for locks: [String], _ stop: StopRequest, _ timeout: inout LockTimeout
  ) async throws(Interruption) {
    var announced: pid_t?
    while !stop.isMade {
      guard let holder = PackageLock.holder(of: locks) else { return }
      if announced != holder { log("waiting for process \(holder), which holds the lock of apt or dpkg") }
      announced = holder
      guard !timeout.isExpired else {
        throw .failed("process \(holder) holds the lock of apt or dpkg; waiting for it timed out")
      }
      let start = ContinuousClock.now
      try await pause(stop)
      timeout.subtract(.now - start)
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

  /// Returns the standard output of a command that changes nothing.
  ///
  /// - Parameter successCodes: The exit codes after complete output.
  private func read(
    _ command: AptCommand, successCodes: ClosedRange<Int32> = 0...0
  ) async throws(Interruption) -> String {
    var request = request(command)
    request.outputLimit = 16 << 20
    let outcome: ProcessOutcome
    do throws(ProcessError) {
      outcome = try await runner.run(request)
    } catch {
      throw .failed("\(error)")
    }
    guard case .exited(let code) = outcome.ending, successCodes.contains(code), !outcome.stdout.isTruncated
    else {
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

  private func collectResults(_ state: inout UpdateState, since before: PackageList) async {
    do throws(Interruption) {
      state.upgraded = try await packages().upgrades(since: before)
    } catch {
      log("the upgraded packages can't be determined: \(error)")
    }
    if state.phase == .installing { await recordRemaining(&state) }
    var node = utsname()
    uname(&node)
    let release = withUnsafeBytes(of: node.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    state.isRebootRequired =
      access(RebootRequirement.marker, F_OK) == 0
      || RebootRequirement.isKernelReplaced(by: state.upgraded, running: release)
  }

  /// Records which upgrades were not installed, and why.
  private func recordRemaining(_ state: inout UpdateState) async {
    do throws(Interruption) {
      let remaining = RemainingUpgrades(try await read(.simulate))
      state.keptBack = remaining.keptBack
      state.deferred = remaining.deferred
    } catch {
      log("the remaining upgrades can't be determined: \(error)")
    }
  }

  private func record(_ state: UpdateState) async -> Int32 {
    for attempt in 1...Self.endingAttempts {
      do throws(UpdateFolderError) {
        try folder.write(state)
        log("update: done")
        return 0
      } catch {
        log("attempt \(attempt) to record the end of the update failed: \(error)")
      }
      do { try await Task.sleep(for: .seconds(5)) } catch { break }
    }
    return 1
  }
}
