import CLinuxProcess

/// The two threads behind all runs: one starts programs, one watches them. They come with the first
/// run, and sleep in poll(2) while no program runs.
final class ProcessEngine: Sendable {
  static let shared = ProcessEngine()

  private struct Mailboxes: Sendable {
    let jobs: Mailbox<ProcessJob>
    let messages: Mailbox<ProcessMonitor.Message>
  }

  private let mailboxes = Locked<Mailboxes?>(nil)

  func submit(_ job: ProcessJob) {
    if job.isCancelled { return job.answer(.success(.nothingRan)) }
    do throws(ProcessError) {
      try started(for: job.request.executable).jobs.post(job)
    } catch {
      job.answer(.failure(error))
    }
  }

  func cancel(_ job: ProcessJob) {
    job.cancel()
    mailboxes.withLock { $0 }?.messages.post(.cancelled(job))
  }

  /// Makes this process the parent of orphans, which the monitor reaps.
  func adoptOrphans() throws(ProcessError) {
    let messages = try started(for: "programs").messages
    let problem = clp_become_subreaper(messages.writeEnd)
    guard problem == 0 else { throw .spawn("programs", errno: -problem) }
    messages.post(.adoptOrphans)
  }

  private func started(for path: String) throws(ProcessError) -> Mailboxes {
    try mailboxes.withLock { mailboxes throws(ProcessError) in
      if let mailboxes { return mailboxes }
      do throws(StartFailure) {
        let new = Mailboxes(jobs: try Mailbox(), messages: try Mailbox())
        try start(new)
        mailboxes = new
        return new
      } catch {
        throw .spawn(path, errno: error.errno)
      }
    }
  }

  private func start(_ mailboxes: Mailboxes) throws(StartFailure) {
    let messages = mailboxes.messages
    let inFlight = SpawnsInFlight()
    let spawner = Spawner(jobs: mailboxes.jobs, results: messages, inFlight: inFlight)
    try WorkerThread.start(name: "process-monitor") { ProcessMonitor(messages, inFlight).run() }
    do throws(StartFailure) {
      try WorkerThread.start(name: "process-spawner") { spawner.run() }
    } catch {
      messages.post(.stop)
      throw error
    }
  }
}
