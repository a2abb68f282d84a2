/// A program that systemd runs for us: its output is read here, its end is told by systemd. Belongs to the monitor's
/// thread.
struct MonitoredService {
  let job: ProcessJob
  let startedAt: UInt64
  private(set) var stdout: OutputPipe
  private(set) var stderr: OutputPipe
  /// How the program ended, once that is known.
  private var ending: ProcessOutcome.Ending?
  /// When its output is no longer waited for; CLOCK_MONOTONIC in nanoseconds.
  private(set) var deadline: UInt64?

  init(_ output: ProgramOutput, job: ProcessJob) {
    self.job = job
    startedAt = output.startedAt
    stdout = OutputPipe(.stdout, of: job.request, descriptor: output.stdout)
    stderr = OutputPipe(.stderr, of: job.request, descriptor: output.stderr)
  }

  /// The program has ended; what it left in the background may hold its output open until `deadline`.
  mutating func ended(_ ending: ProcessOutcome.Ending, deadline: UInt64) {
    self.ending = ending
    self.deadline = deadline
  }

  /// Reads what is there, and answers the run when that is due.
  ///
  /// - Returns: Whether it is over.
  mutating func advance(into buffer: UnsafeMutableRawBufferPointer, now: UInt64) -> Bool {
    // All that the program itself wrote is in the pipes when its end is known: at most a full one.
    let rounds = ending == nil ? 4 : 32
    stdout.read(into: buffer, rounds: rounds)
    stderr.read(into: buffer, rounds: rounds)
    guard let ending, let deadline, !(stdout.isOpen || stderr.isOpen) || deadline <= now else { return false }
    close()
    job.answer(
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
