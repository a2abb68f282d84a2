import Threads

/// Starts programs on a thread of its own.
///
/// A start blocks until the kernel has opened the program file, which never happens on a dead network file system. It must
/// therefore block neither the thread of the monitor nor one of Swift's pool.
struct Spawner: Sendable {
  let jobs: Mailbox<ProcessJob>
  let results: Mailbox<ProcessMonitor.Message>
  let inFlight: SpawnsInFlight

  func run() {
    while true {
      for job in jobs.waitForMessages() {
        if job.isCancelled {
          job.complete(.success(.notStarted))
          continue
        }
        inFlight.add()
        do throws(ProcessError) {
          let process = try SpawnedProcess.start(job.request)
          job.request.onStart?(ProcessIdentity(pid: process.pid, startTicks: process.startTicks))
          results.post(.started(job, process))
        } catch {
          results.post(.notStarted)
          job.complete(.failure(error))
        }
      }
    }
  }
}
