import HostControl
import Locks
import Testing

struct ProcessEventTests {
  @Test func onStartReceivesTheIdentity() async throws {
    let started = Locked<[ProcessIdentity]>([])
    var request = shell("echo $$; cut -d' ' -f22 /proc/$$/stat")
    request.onStart = { identity in started.withLock { $0.append(identity) } }
    let outcome = try await ProcessRunner().run(request)
    let identity = try #require(started.withLock { $0 }.first)
    #expect(outcome.stdout.text == "\(identity.pid)\n\(identity.startTicks)\n")
    #expect(started.withLock { $0.count } == 1)
  }

  @Test func onStartIsNotCalledAfterAFailedStart() async {
    let started = Locked(0)
    var request = request("/nonexistent/program")
    request.onStart = { _ in started.withLock { $0 += 1 } }
    #expect(await startFailure(of: request)?.reason == .executableNotFound)
    #expect(started.withLock { $0 } == 0)
  }

  /// Much more output than is captured.
  @Test func onOutputReceivesTheWholeOutput() async throws {
    let received = Locked((stdout: [UInt8](), stderr: 0, largest: 0))
    var request = shell("seq 100000; seq 1000 >&2", outputLimit: 100)
    request.onOutput = { stream, bytes in
      received.withLock { received in
        received.largest = max(received.largest, bytes.count)
        switch stream {
        case .stdout: received.stdout += bytes
        case .stderr: received.stderr += bytes.count
        }
      }
    }
    let outcome = try await ProcessRunner().run(request)
    let (stdout, stderr, largest) = received.withLock { $0 }
    #expect(String(decoding: stdout, as: UTF8.self) == (1...100_000).map { "\($0)\n" }.joined())
    #expect(UInt64(stdout.count) == outcome.stdout.totalBytes)
    #expect(UInt64(stderr) == outcome.stderr.totalBytes)
    #expect(largest <= 64 * 1024)
  }
}
