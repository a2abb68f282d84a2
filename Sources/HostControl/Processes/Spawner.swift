import Threads

/// The thread that starts programs.
///
/// Starting blocks until the kernel has opened the program file, which on a dead network file system
/// can be forever; so neither the thread that watches the running programs nor a thread of Swift's
/// pool does it.
struct Spawner: Sendable {
  let jobs: Mailbox<ProcessJob>
  let results: Mailbox<ProcessMonitor.Message>
  let inFlight: SpawnsInFlight

  func run() {
    while true {
      for job in jobs.waitForMessages() {
        if job.isCancelled {
          job.answer(.success(.nothingRan))
          continue
        }
        inFlight.add()
        do throws(ProcessError) {
          let process = try SpawnedProcess.start(job.request)
          job.request.onStart?(ProcessIdentity(pid: process.pid, startTicks: process.startTicks))
          results.post(.started(job, process))
        } catch {
          results.post(.notStarted)
          job.answer(.failure(error))
        }
      }
    }
  }
}
