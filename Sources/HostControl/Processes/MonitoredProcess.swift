import CLinuxProcess
import Glibc

/// A program that was started and is not reaped yet. Belongs to the monitor's thread.
struct MonitoredProcess {
  enum Phase {
    /// It runs, or has ended within the grace that its open output gets.
    case running
    /// Its tree is being ended.
    case terminating(TreeTermination)
    /// The run is answered, but the kernel has not let the program end yet (it hangs in a system
    /// call): only reaping it is left.
    case answered
  }

  let job: ProcessJob
  let pid: pid_t
  let startedAt: UInt64
  /// The kernel's start time, which together with the PID names a process for good.
  let startTicks: UInt64
  private(set) var pidfd: Int32
  var stdout: OutputPipe
  var stderr: OutputPipe
  var phase: Phase = .running
  /// How the program ended; it stays a zombie, and its PID taken, until `reap()`.
  private(set) var ending: ProcessOutcome.Ending?
  /// When the monitor must look again without an event; CLOCK_MONOTONIC in nanoseconds.
  var deadline: UInt64?

  init(_ spawned: SpawnedProcess, job: ProcessJob) {
    self.job = job
    pid = spawned.pid
    pidfd = spawned.pidfd
    startedAt = spawned.output.startedAt
    startTicks = spawned.startTicks
    stdout = OutputPipe(.stdout, of: job.request, descriptor: spawned.output.stdout)
    stderr = OutputPipe(.stderr, of: job.request, descriptor: spawned.output.stderr)
  }

  var isOutputOpen: Bool { stdout.isOpen || stderr.isOpen }

  /// The descriptor that tells of the end, -1 once that is known.
  var exitDescriptor: Int32 { ending == nil ? pidfd : -1 }

  mutating func checkForEnd() {
    guard ending == nil else { return }
    var status: Int32 = 0
    switch clp_child(pid, &status, 0) {
    case clp_child_running: break
    case clp_child_exited: ending = .exited(status)
    case clp_child_signalled: ending = .signalled(status)
    // Only other code of this process that waits for any child can have taken it.
    default: ending = .terminated
    }
  }

  mutating func readOutput(into buffer: UnsafeMutableRawBufferPointer, rounds: Int) {
    stdout.read(into: buffer, rounds: rounds)
    stderr.read(into: buffer, rounds: rounds)
  }

  mutating func answer(_ ending: ProcessOutcome.Ending) {
    stdout.close()
    stderr.close()
    let outcome = ProcessOutcome(
      ending: ending, stdout: stdout.capture.output, stderr: stderr.capture.output,
      duration: MonotonicClock.duration(since: startedAt))
    job.answer(.success(outcome))
  }

  mutating func reap() {
    var status: Int32 = 0
    _ = clp_child(pid, &status, 1)
    close(pidfd)
    pidfd = -1
  }
}
