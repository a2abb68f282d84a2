import CLinuxProcess
import Locks
import Threads

/// The two threads of all runs: one starts programs, one monitors them. They are started by the first run, and sleep in poll(2)
/// while no program is running.
///
/// swift-subprocess (1.0.2, evaluated and measured) is not used because of its limits:
/// - It terminates a process or a process group without a hook. A descendant in a session of its own survives. So does one in the
///   group that ignores SIGTERM, when the program itself ends before SIGKILL is due. The tree cannot be stopped and collected
///   before it is signalled.
/// - On Linux nothing can be set between fork and exec: umask and oom_score_adj would be the agent's.
/// - Output beyond the limit is an error, and output after the end of the program is lost without a grace period.
///
/// Running /bin/true takes 0.65 ms, of which 0.2 ms are processor time; with swift-subprocess 0.9 ms and 0.4 ms.
final class ProcessEngine: Sendable {
  static let shared = ProcessEngine()

  private struct Mailboxes: Sendable {
    let jobs: Mailbox<ProcessJob>
    let messages: Mailbox<ProcessMonitor.Message>
  }

  private let mailboxes = Locked<Mailboxes?>(nil)

  func submit(_ job: ProcessJob) {
    if job.isCancelled { return job.complete(.success(.notStarted)) }
    do throws(ProcessError) {
      try started(for: job.request.executable).jobs.post(job)
    } catch {
      job.complete(.failure(error))
    }
  }

  func cancel(_ job: ProcessJob) {
    job.cancel()
    mailboxes.withLock { $0 }?.messages.post(.cancelled(job))
  }

  /// Registers the output of a program that systemd is about to run. `serviceEnded` or `serviceDidNotStart` must follow.
  func serviceStarts(_ job: ProcessJob, _ output: ProgramOutput) throws(ProcessError) {
    try started(for: job.request.executable).messages.post(.serviceStarting(job, output))
  }

  /// Reports the end of the program. The job is completed when its output has ended too.
  func serviceEnded(_ job: ProcessJob, as ending: ProcessOutcome.Ending) {
    mailboxes.withLock { $0 }?.messages.post(.serviceEnded(job, ending))
  }

  /// Reports that the program was not started. Its output is closed.
  func serviceDidNotStart(_ job: ProcessJob) {
    mailboxes.withLock { $0 }?.messages.post(.serviceNotStarted(job))
  }

  /// Makes this process a child subreaper. The monitor reaps the orphans.
  func adoptOrphans() throws(ProcessError) {
    let messages = try started(for: "programs").messages
    let result = clp_become_subreaper(messages.writeEnd)
    guard result == 0 else { throw .spawn("programs", errno: -result) }
    messages.post(.adoptOrphans)
  }

  private func started(for path: String) throws(ProcessError) -> Mailboxes {
    try mailboxes.withLock { mailboxes throws(ProcessError) in
      if let mailboxes { return mailboxes }
      do throws(ThreadError) {
        let new = Mailboxes(jobs: try Mailbox(), messages: try Mailbox())
        try start(new)
        mailboxes = new
        return new
      } catch {
        throw .spawn(path, errno: error.errno)
      }
    }
  }

  private func start(_ mailboxes: Mailboxes) throws(ThreadError) {
    let messages = mailboxes.messages
    let inFlight = SpawnsInFlight()
    let spawner = Spawner(jobs: mailboxes.jobs, results: messages, inFlight: inFlight)
    try Thread.start(name: "process-monitor") { ProcessMonitor(messages, inFlight).run() }
    do throws(ThreadError) {
      try Thread.start(name: "process-spawner") { spawner.run() }
    } catch {
      messages.post(.stop)
      throw error
    }
  }
}
