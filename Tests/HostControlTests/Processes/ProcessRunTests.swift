import Glibc
import HostControl
import Testing

@Suite struct ProcessRunTests {
  private func run(_ request: ProcessRequest) async throws -> ProcessOutcome {
    try await ProcessRunner().run(request)
  }

  @Test(arguments: [0, 1, 3, 127, 255] as [Int32])
  func exitCodeIsReturned(_ code: Int32) async throws {
    #expect(try await run(shell("exit \(code)")).ending == .exited(code))
  }

  @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV, SIGPIPE, SIGHUP])
  func signalIsReturned(_ signal: Int32) async throws {
    #expect(try await run(shell("kill -\(signal) $$")).ending == .signalled(signal))
  }

  @Test func streamsAreCapturedSeparately() async throws {
    let outcome = try await run(shell("echo out; echo err >&2"))
    #expect(outcome.stdout.text == "out\n")
    #expect(outcome.stderr.text == "err\n")
    #expect(outcome.ending == .exited(0))
    #expect(outcome.duration > .zero)
  }

  @Test func argumentsArePassedUnchanged() async throws {
    let arguments = ["", "a b", "$(id)", "*", "'\"", "ü€😀", "-n\n"]
    let outcome = try await run(request("/usr/bin/printf", ["[%s]"] + arguments))
    #expect(outcome.stdout.text == arguments.map { "[\($0)]" }.joined())
  }

  @Test func environmentIsExactlyTheRequested() async throws {
    var request = request("/usr/bin/env")
    request.environment = [("HOME", "/root"), ("EMPTY", ""), ("EQUALS", "a=b")]
    #expect(try await run(request).stdout.text == "HOME=/root\nEMPTY=\nEQUALS=a=b\n")
    request.environment = []
    #expect(try await run(request).stdout.text == "")
  }

  @Test(arguments: ["/", "/usr/lib", "/proc/self/.."])
  func programStartsInTheWorkingDirectory(_ path: String) async throws {
    var request = request("/bin/pwd", ["-P"])
    request.workingDirectory = path
    #expect(
      try await run(request).stdout.text
        == (path == "/usr/lib" ? "/usr/lib\n" : path == "/" ? "/\n" : "/proc\n"))
  }

  @Test func standardInputIsEmpty() async throws {
    let outcome = try await run(shell("readlink /proc/self/fd/0; cat"))
    #expect(outcome.stdout.text == "/dev/null\n")
  }

  @Test func descriptorsAreNotInherited() async throws {
    // One that is not close-on-exec.
    let leaky = open("/dev/zero", O_RDONLY)
    defer { close(leaky) }
    let outcome = try await run(request("/bin/ls", ["/proc/self/fd"]))
    // 3 is the folder that ls itself has open.
    #expect(outcome.stdout.text == "0\n1\n2\n3\n")
  }

  @Test func programHasItsOwnSessionAndNoTerminal() async throws {
    let outcome = try await run(shell("read -r line < /proc/$$/stat; echo $$ $line"))
    let fields = outcome.stdout.text.split(separator: " ")
    // $$ pid (sh) state ppid pgrp session tty
    #expect(fields[5] == fields[0])
    #expect(fields[6] == fields[0])
    #expect(fields[7] == "0")
  }

  @Test func signalsUmaskAndPriorityAreReset() async throws {
    let outcome = try await run(
      shell("grep -E '^(SigBlk|SigIgn|Umask):' /proc/self/status; cat /proc/$$/oom_score_adj; nice"))
    let lines = outcome.stdout.text.split(separator: "\n")
    try #require(lines.count == 5)
    #expect(lines[0].hasSuffix("0022"))
    #expect(lines[1].hasSuffix("0000000000000000"))
    // Signals 32 and 33 are the C library's own.
    let ignored = try #require(UInt64(lines[2].dropFirst("SigIgn:\t".count), radix: 16))
    #expect(ignored & 0x7fff_ffff == 0)
    #expect(lines[3] == "500")
    #expect(lines[4] == "\(getpriority(__priority_which_t(0), 0))")
  }

  @Test func binaryOutputIsKept() async throws {
    let outcome = try await run(request("/usr/bin/printf", ["a\\0b\\377\\0"]))
    #expect(outcome.stdout.bytes == [0x61, 0, 0x62, 0xFF, 0])
    #expect(outcome.stdout.text == "a\0b\u{FFFD}\0")
  }

  @Test func largeOutputOnBothStreamsIsTruncated() async throws {
    let outcome = try await run(
      shell(
        "head -c 8388608 /dev/zero & head -c 8388608 /dev/zero | tr '\\0' e >&2; wait", outputLimit: 1001))
    #expect(outcome.ending == .exited(0))
    #expect(outcome.stdout.totalBytes == 8_388_608)
    #expect(outcome.stdout.bytes == [UInt8](repeating: 0, count: 1001))
    #expect(outcome.stderr.totalBytes == 8_388_608)
    #expect(outcome.stderr.bytes == [UInt8](repeating: UInt8(ascii: "e"), count: 1001))
    #expect(outcome.stderr.headCount == 501)
    #expect(outcome.stderr.isTruncated)
  }

  @Test func largeOutputWithinTheLimitIsComplete() async throws {
    let outcome = try await run(request("/usr/bin/seq", ["1", "100000"], outputLimit: 8 << 20))
    #expect(outcome.stdout.text == (1...100_000).map { "\($0)\n" }.joined())
    #expect(!outcome.stdout.isTruncated)
  }

  @Test func runsAreConcurrent() async throws {
    let texts = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for number in 0..<50 {
        group.addTask { (number, try await ProcessRunner().run(shell("echo \(number)")).stdout.text) }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(texts == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, "\($0)\n") }))
  }

  /// The background process keeps the output open: the run does not wait for its end and does not terminate it.
  @Test func backgroundProcessIsNotWaitedFor() async throws {
    let mark = uniqueSleep()
    let outcome = try await run(shell("sleep \(mark) & echo started"))
    #expect(outcome.ending == .exited(0))
    #expect(outcome.stdout.text == "started\n")
    #expect(outcome.duration < .seconds(20))
    let left = processes(having: mark)
    #expect(left.count == 1)
    for pid in left { kill(pid, SIGKILL) }
  }

  @Test func outputWithinTheGracePeriodIsCaptured() async throws {
    let outcome = try await run(shell("(sleep 0.02; echo late) & echo early"))
    #expect(outcome.stdout.text == "early\nlate\n")
  }

  @Test func closedOutputDoesNotCompleteTheRun() async throws {
    let outcome = try await run(shell("exec >&- 2>&-; sleep 0.05; exit 7"))
    #expect(outcome.ending == .exited(7))
  }
}
