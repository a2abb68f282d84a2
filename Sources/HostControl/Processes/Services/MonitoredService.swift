import Clocks

/// A program that systemd runs: its output is read here, its end is reported by systemd. Confined to the thread of the monitor.
struct MonitoredService {
  let job: ProcessJob
  let startedAt: UInt64
  private(set) var stdout: OutputPipe
  private(set) var stderr: OutputPipe
  private var ending: ProcessOutcome.Ending?
  /// When reading its output stops after its end; CLOCK_MONOTONIC in nanoseconds.
  private(set) var deadline: UInt64?

  init(_ output: ProgramOutput, job: ProcessJob) {
    self.job = job
    startedAt = output.startedAt
    stdout = OutputPipe(.stdout, of: job.request, descriptor: output.stdout)
    stderr = OutputPipe(.stderr, of: job.request, descriptor: output.stderr)
  }

  /// Records how the program ended. Processes that it left in the background may keep its output open until `deadline`.
  mutating func ended(_ ending: ProcessOutcome.Ending, deadline: UInt64) {
    self.ending = ending
    self.deadline = deadline
  }

  /// Reads the available output, and completes the run when it is due.
  ///
  /// - Returns: Whether the run is completed.
  mutating func advance(into buffer: UnsafeMutableRawBufferPointer, now: UInt64) -> Bool {
    // After its end, everything that the program itself wrote is in the pipes: at most their capacity.
    let rounds = ending == nil ? 4 : 32
    stdout.read(into: buffer, rounds: rounds)
    stderr.read(into: buffer, rounds: rounds)
    guard let ending, let deadline, !(stdout.isOpen || stderr.isOpen) || deadline <= now else { return false }
    close()
    job.complete(
      .success(
        ProcessOutcome(
          ending: ending, stdout: stdout.capture.output, stderr: stderr.capture.output,
          duration: MonotonicClock.duration(since: startedAt))))
    return true
  }

  mutating func close() {
    stdout.close()
    stderr.close()
  }
}
