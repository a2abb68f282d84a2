import Synchronization
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

/// The number of programs that may have been started without being registered with the monitor.
///
/// Such a program looks like an orphan: a child of this process in another session. While the count is not zero, no process is
/// treated as an orphan. The spawner increments the count before it starts a program, and the monitor decrements it when it has
/// registered the program.
final class SpawnsInFlight: Sendable {
  private let count = Atomic(0)

  var isZero: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

  func add() {
    count.add(1, ordering: .sequentiallyConsistent)
  }

  func remove() {
    count.subtract(1, ordering: .sequentiallyConsistent)
  }
}
