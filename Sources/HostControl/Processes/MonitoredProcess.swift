import CLinuxProcess
import Clocks
import Glibc

/// A program that was started and not reaped yet. Confined to the thread of the monitor.
struct MonitoredProcess {
  enum Phase {
    /// The program is running, or has ended and its output is still open within the grace period.
    case running
    /// Its tree is being terminated.
    case terminating(TreeTermination)
    /// The run is completed, but the program hangs in a system call and has to be reaped later.
    case completed
  }

  let job: ProcessJob
  let pid: pid_t
  let startedAt: UInt64
  /// The start time in clock ticks since boot. It identifies a process together with its PID.
  let startTicks: UInt64
  private(set) var pidfd: Int32
  var stdout: OutputPipe
  var stderr: OutputPipe
  var phase: Phase = .running
  /// How the program ended. It stays a zombie until `reap()`, so that its PID is not reused.
  private(set) var ending: ProcessOutcome.Ending?
  /// When the monitor must check the process without an event; CLOCK_MONOTONIC in nanoseconds.
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

  /// The descriptor that becomes readable at the end of the program; -1 after that.
  var exitDescriptor: Int32 { ending == nil ? pidfd : -1 }

  mutating func checkForEnd() {
    guard ending == nil else { return }
    var status: Int32 = 0
    switch clp_child(pid, &status, 0) {
    case clp_child_running: break
    case clp_child_exited: ending = .exited(status)
    case clp_child_signalled: ending = .signalled(status)
    // Other code of this process has reaped it by waiting for any child.
    default: ending = .terminated
    }
  }

  mutating func readOutput(into buffer: UnsafeMutableRawBufferPointer, rounds: Int) {
    stdout.read(into: buffer, rounds: rounds)
    stderr.read(into: buffer, rounds: rounds)
  }

  mutating func complete(_ ending: ProcessOutcome.Ending) {
    stdout.close()
    stderr.close()
    let outcome = ProcessOutcome(
      ending: ending, stdout: stdout.capture.output, stderr: stderr.capture.output,
      duration: MonotonicClock.duration(since: startedAt))
    job.complete(.success(outcome))
  }

  mutating func reap() {
    var status: Int32 = 0
    _ = clp_child(pid, &status, 1)
    close(pidfd)
    pidfd = -1
  }
}
