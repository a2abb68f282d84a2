import CLinuxProcess
import Clocks
import Glibc
import Threads

/// Monitors all running programs on one thread: their output, their end and the termination of their trees.
final class ProcessMonitor {
  enum Message: Sendable {
    case started(ProcessJob, SpawnedProcess)
    case notStarted
    case cancelled(ProcessJob)
    case serviceStarting(ProcessJob, ProgramOutput)
    case serviceEnded(ProcessJob, ProcessOutcome.Ending)
    case serviceNotStarted(ProcessJob)
    case adoptOrphans
    case stop
  }

  /// How long output is read after the end of the program.
  private static let outputGrace = Duration.milliseconds(250)

  private let messages: Mailbox<Message>
  private let inFlight: SpawnsInFlight
  private var processes: [ObjectIdentifier: MonitoredProcess] = [:]
  private var services: [ObjectIdentifier: MonitoredService] = [:]
  /// Cancelled runs whose programs are being started, and when they are completed regardless: a start may block forever on the
  /// file system of the program.
  private var unstarted: [ObjectIdentifier: (job: ProcessJob, deadline: UInt64)] = [:]
  private var orphans: OrphanReaper?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
  private var descriptors: [pollfd] = []
  /// The programs of `descriptors`, except the first.
  private var owners: [ObjectIdentifier] = []
  private var isStopped = false

  init(_ messages: Mailbox<Message>, _ inFlight: SpawnsInFlight) {
    self.messages = messages
    self.inFlight = inFlight
  }

  deinit {
    buffer.deallocate()
  }

  func run() {
    while !isStopped {
      collectDescriptors()
      let ready = poll(&descriptors, nfds_t(descriptors.count), timeout())
      if ready > 0 {
        for (index, owner) in owners.enumerated() where descriptors[index + 1].revents != 0 {
          advance(owner)
          advanceService(owner)
        }
        if descriptors[0].revents != 0 { handleMessages() }
      } else if ready < 0, errno != EINTR {
        // Out of memory, or a descriptor limit below the number of open ones: continue without events, slowly.
        usleep(10_000)
        for id in Array(processes.keys) { advance(id) }
        for id in Array(services.keys) { advanceService(id) }
        handleMessages()
      }
      let now = MonotonicClock.now()
      for (id, process) in processes {
        if let deadline = process.deadline, deadline <= now { advance(id) }
      }
      for (id, service) in services {
        if let deadline = service.deadline, deadline <= now { advanceService(id) }
      }
      for (id, run) in unstarted where run.deadline <= now {
        unstarted[id] = nil
        run.job.complete(.success(.notStarted))
      }
    }
  }

  private func collectDescriptors() {
    descriptors.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    descriptors.append(pollfd(fd: messages.readEnd, events: Int16(POLLIN), revents: 0))
    for (id, process) in processes {
      for descriptor in [process.exitDescriptor, process.stdout.descriptor, process.stderr.descriptor]
      where descriptor >= 0 {
        descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        owners.append(id)
      }
    }
    for (id, service) in services {
      for descriptor in [service.stdout.descriptor, service.stderr.descriptor] where descriptor >= 0 {
        descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        owners.append(id)
      }
    }
  }

  /// The timeout for poll(2): milliseconds until the next deadline, rounded up; -1 for none.
  private func timeout() -> Int32 {
    let deadlines =
      processes.values.compactMap(\.deadline) + services.values.compactMap(\.deadline)
      + unstarted.values.map(\.deadline)
    guard let next = deadlines.min() else { return -1 }
    let now = MonotonicClock.now()
    guard next > now else { return 0 }
    return Int32(clamping: (next &- now) / 1_000_000 &+ 1)
  }

  private func handleMessages() {
    for message in messages.takeAll() {
      switch message {
      case .started(let job, let spawned):
        let id = ObjectIdentifier(job)
        processes[id] = MonitoredProcess(spawned, job: job)
        inFlight.remove()
        unstarted[id] = nil
        if job.isCancelled { terminate(id) } else { advance(id) }
      case .notStarted:
        inFlight.remove()
      case .cancelled(let job):
        let id = ObjectIdentifier(job)
        if processes[id] != nil {
          terminate(id)
        } else if !job.isCompleted {
          let grace = job.request.terminationGrace
          unstarted[id] = (job, MonotonicClock.time(grace, after: MonotonicClock.now()))
        }
      case .serviceStarting(let job, let output):
        services[ObjectIdentifier(job)] = MonitoredService(output, job: job)
      case .serviceEnded(let job, let ending):
        let deadline = MonotonicClock.time(Self.outputGrace, after: MonotonicClock.now())
        services[ObjectIdentifier(job)]?.ended(ending, deadline: deadline)
        advanceService(ObjectIdentifier(job))
      case .serviceNotStarted(let job):
        services[ObjectIdentifier(job)]?.close()
        services[ObjectIdentifier(job)] = nil
      case .adoptOrphans:
        orphans = OrphanReaper(inFlight)
      case .stop:
        isStopped = true
      }
    }
    reapOrphans()
  }

  private func advance(_ id: ObjectIdentifier) {
    guard var process = processes.removeValue(forKey: id) else { return }
    let now = MonotonicClock.now()
    process.checkForEnd()
    switch process.phase {
    case .running:
      // After its end, everything that the program itself wrote is in the pipes: at most their capacity.
      process.readOutput(into: buffer, rounds: process.ending == nil ? 4 : 32)
      guard let ending = process.ending else { break }
      let graceEnd = process.deadline ?? MonotonicClock.time(Self.outputGrace, after: now)
      process.deadline = graceEnd
      guard !process.isOutputOpen || graceEnd <= now else { break }
      return finish(process, as: ending)
    case .terminating(var termination):
      process.readOutput(into: buffer, rounds: 4)
      if let deadline = process.deadline, deadline > now { break }
      process.deadline = termination.advance(now: now, adopting: adoption(process))
      process.phase = .terminating(termination)
      if process.deadline == nil { return complete(process) }
    case .completed:
      if let ending = process.ending { return finish(process, as: ending) }
    }
    processes[id] = process
  }

  private func advanceService(_ id: ObjectIdentifier) {
    guard services[id]?.advance(into: buffer, now: MonotonicClock.now()) == true else { return }
    services[id] = nil
  }

  private func terminate(_ id: ObjectIdentifier) {
    guard var process = processes[id], case .running = process.phase else { return }
    process.checkForEnd()
    let now = MonotonicClock.now()
    processes[id] = nil
    let termination = TreeTermination(
      of: .program(process.pid, startedAt: process.startTicks), grace: process.job.request.terminationGrace,
      now: now,
      adopting: adoption(process))
    guard let termination else {
      // The program ended before it was signalled, and keeps its own ending.
      process.checkForEnd()
      guard let ending = process.ending else { return complete(process) }
      process.readOutput(into: buffer, rounds: 32)
      return finish(process, as: ending)
    }
    process.phase = .terminating(termination)
    process.deadline = now
    processes[id] = process
    advance(id)
  }

  private func complete(_ process: MonitoredProcess) {
    var process = process
    process.readOutput(into: buffer, rounds: 32)
    process.checkForEnd()
    if process.ending != nil { return finish(process, as: .terminated) }
    // The program hangs in a system call, or no descriptor was free to read the process table with. Its process group number is
    // not reused before it is reaped.
    kill(-process.pid, SIGKILL)
    process.complete(.terminated)
    process.phase = .completed
    process.deadline = nil
    processes[ObjectIdentifier(process.job)] = process
  }

  /// Reaps before completing the run, so that its caller finds no zombie and no open descriptor.
  private func finish(_ process: MonitoredProcess, as ending: ProcessOutcome.Ending) {
    var process = process
    process.reap()
    process.complete(ending)
    orphans?.recordEndOfRun(startedAt: process.startTicks, ownPrograms: ownPrograms)
    reapOrphans()
  }

  private var ownPrograms: Set<pid_t> { Set(processes.values.map(\.pid)) }

  private func reapOrphans() {
    orphans?.reapEnded(ownPrograms: ownPrograms)
  }

  /// A predicate for the children of this process that `process` has started: none without `ChildSubreaper`.
  private func adoption(_ process: MonitoredProcess) -> (ProcessRecord) -> Bool {
    guard let orphans else { return { _ in false } }
    let others = processes.values.filter { $0.pid != process.pid }.map { ($0.pid, $0.startTicks) }
    return { record in
      orphans.isCertain(record, from: (process.pid, process.startTicks), others: others)
    }
  }
}
