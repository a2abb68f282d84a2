import CLinuxProcess
import Encoding
import Glibc

/// One run of a program as a transient service.
final class ServiceRun: Sendable {
  typealias Outcome = Result<ProcessOutcome, ProcessError>

  private enum Event {
    case ended(ProcessOutcome.Ending)
    case notStarted(ProcessError)
    case stop
    case timedOut
    case nothing
  }

  /// How long systemd may take to report the end of a service whose processes were killed.
  private static let endTimeout = Duration.milliseconds(500)
  /// The pause before the bus is used again after it was lost.
  private static let busPause = Duration.milliseconds(500)

  private let job: ProcessJob
  private let unit: String
  private let stops = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))

  init(_ request: ProcessRequest, unit: String) {
    job = ProcessJob(request)
    self.unit = unit
  }

  /// Terminates the program, as soon as it is running, and its descendants.
  func stop() {
    job.cancel()
    stops.continuation.yield()
  }

  /// Runs the program until it has ended.
  func run() async -> Outcome {
    if job.isCancelled { return .success(.notStarted) }
    let pipes: OutputPipes
    do throws(ProcessError) {
      pipes = try OutputPipes(toRun: job.request.executable)
    } catch {
      return .failure(error)
    }
    do throws(ProcessError) {
      try ProcessEngine.shared.serviceStarts(job, pipes.readEnds)
    } catch {
      pipes.closeReadEnds()
      return .failure(error)
    }
    switch await superviseService(pipes) {
    case .success(let ending):
      ProcessEngine.shared.serviceEnded(job, as: ending)
      return await withCheckedContinuation { job.wait($0) }
    case .failure(let error):
      ProcessEngine.shared.serviceDidNotStart(job)
      return .failure(error)
    }
  }

  private func superviseService(_ pipes: OutputPipes) async -> Result<ProcessOutcome.Ending, ProcessError> {
    await withTaskGroup(of: Event.self) { group in
      group.addTask { await self.startAndWatch(pipes) }
      group.addTask {
        for await _ in self.stops.stream { return .stop }
        return .nothing
      }
      var isStopped = false
      for await event in group {
        switch event {
        case .ended(let ending):
          group.cancelAll()
          return .success(isStopped ? .terminated : ending)
        case .notStarted(let error):
          group.cancelAll()
          return isStopped ? .success(.terminated) : .failure(error)
        case .stop:
          isStopped = await TreeTermination.end(.units(prefix: unit), grace: job.request.terminationGrace)
          group.addTask {
            do { try await Task.sleep(for: Self.endTimeout) } catch { return .nothing }
            return .timedOut
          }
        case .timedOut:
          isStopped = true
          group.cancelAll()
        case .nothing: continue
        }
      }
      return .success(.terminated)
    }
  }

  private func startAndWatch(_ pipes: OutputPipes) async -> Event {
    do throws(SystemdError) {
      defer { pipes.closeWriteEnds() }
      try await Systemd.shared.start(service(pipes, inherited: try await Systemd.shared.defaultVariables()))
    } catch {
      // Without a reply systemd may start it later, after the command has been answered.
      if error.code != .unavailable, error.code != .refused {
        await Systemd.shared.withdraw(unit)
        await TreeTermination.end(.units(prefix: unit), grace: .zero)
      }
      return .notStarted(.service(error, job.request))
    }
    // A stop during the start may have found no process to terminate.
    if job.isCancelled,
      await TreeTermination.end(.units(prefix: unit), grace: job.request.terminationGrace)
    {
      _ = await watch()
      return .ended(.terminated)
    }
    return .ended(await watch())
  }

  /// - Parameter inherited: The names of the variables that systemd sets for every service.
  private func service(_ pipes: OutputPipes, inherited: [String]) -> TransientService {
    let request = job.request
    // systemd sets these variables for a user, and HOME here would override it.
    let environment = request.environment.filter {
      request.user == nil || !Self.userVariables.containsExactly($0.name)
    }
    var service = TransientService(
      name: unit, description: "\(request.executable) for the PlusClouds agent",
      executable: request.executable,
      arguments: request.arguments, environment: environment, workingDirectory: request.workingDirectory,
      user: request.user, output: .descriptors(stdout: pipes.stdoutWriteEnd, stderr: pipes.stderrWriteEnd),
      stopGrace: request.terminationGrace, oomScoreAdjustment: request.oomScoreAdjustment,
      killMode: .process, canGainPrivileges: request.user == nil)
    if request.isQuery {
      service.isQuiet = true
      service.niceness = 10
    }
    service.unsetVariables =
      Self.managerVariables + (request.user == nil ? Self.userVariables.filter { $0 != "HOME" } : [])
    service.unsetVariables += Self.names(of: inherited, notSetBy: request)
    return service
  }

  /// The variables that systemd sets for every service and the request does not.
  static func names(of inherited: [String], notSetBy request: ProcessRequest) -> [String] {
    let set = Set((request.environment.map(\.name) + userVariables).map { ExactString($0) })
    return inherited.filter { !set.contains(ExactString($0)) }
  }

  private static let userVariables = ["HOME", "USER", "LOGNAME"]
  /// systemd.exec(5), "Environment Variables Set or Propagated by the Service Manager".
  private static let managerVariables = [
    "SHELL", "INVOCATION_ID", "SYSTEMD_EXEC_PID", "JOURNAL_STREAM", "NOTIFY_SOCKET", "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE", "LANGUAGE", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY",
    "LC_MESSAGES", "LC_PAPER", "LC_NAME", "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION",
  ]

  /// Waits for the end of the service, across losses of the bus.
  private func watch() async -> ProcessOutcome.Ending {
    while true {
      do throws(SystemdError) {
        return ProcessOutcome.Ending(try await Systemd.shared.ending(of: unit))
      } catch {
        guard error.code != .unitNotFound, ControlGroups.haveProcess(ofUnit: unit) else {
          return .unknown("systemd has no record of how it ended")
        }
      }
      do { try await Task.sleep(for: Self.busPause) } catch { return .terminated }
    }
  }
}

extension ProcessOutcome.Ending {
  fileprivate init(_ ending: ServiceEnding) {
    switch ending {
    case .exited(let code): self = .exited(code)
    case .signalled(let signal): self = .signalled(signal)
    case .other(let result): self = .unknown("systemd says: \(result)")
    }
  }
}

extension ProcessError {
  /// The error for a failed start. systemd reports no error number, so likely reasons are checked here.
  fileprivate static func service(_ error: SystemdError, _ request: ProcessRequest) -> ProcessError {
    let path = request.executable
    if error.code == .refused {
      do throws(ProcessError) {
        if let user = request.user { _ = try UserAccount.find(user, toRun: path) }
      } catch {
        return error
      }
      if access(path, X_OK) != 0 { return .spawn(path, errno: Glibc.errno) }
    }
    return ProcessError(
      reason: error.code == .unavailable ? .serviceManagerUnavailable : .systemError, path: path, errno: 0,
      message: "cannot run \(path): \(error)")
  }
}
