import Glibc
import HostControl
import Testing

/// A request with the defaults of most tests.
func request(
  _ executable: String, _ arguments: [String] = [], outputLimit: Int = 64 * 1024,
  grace: Duration = .milliseconds(300)
) -> ProcessRequest {
  ProcessRequest(
    executable: executable, arguments: arguments, environment: [("PATH", "/usr/bin:/bin")],
    outputLimit: outputLimit, terminationGrace: grace)
}

func shell(
  _ script: String, outputLimit: Int = 64 * 1024, grace: Duration = .milliseconds(300)
) -> ProcessRequest {
  request("/bin/sh", ["-c", script], outputLimit: outputLimit, grace: grace)
}

/// A unique argument for sleep(1), which marks the processes of one test.
func uniqueSleep() -> String {
  "45.\(UInt64.random(in: 1_000_000_000...9_999_999_999))"
}

/// The running processes that have this argument.
func processes(having argument: String) -> [pid_t] {
  guard let folder = opendir("/proc") else { return [] }
  defer { closedir(folder) }
  var found: [pid_t] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard let pid = pid_t(name), let line = contents("/proc/\(name)/cmdline") else { continue }
    if line.split(separator: 0).contains(where: { $0.elementsEqual(argument.utf8) }) { found.append(pid) }
  }
  return found
}

func contents(_ path: String) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16 * 1024)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return bytes }
    bytes.append(contentsOf: buffer[..<count])
  }
}

func names(in path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var found: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { found.append(name) }
  }
  return found
}

/// Polls until the condition holds.
func eventually(
  _ what: Comment, within deadline: Duration = .seconds(60), _ condition: () -> Bool,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let end = ContinuousClock.now + deadline
  while !condition() {
    try #require(ContinuousClock.now < end, what, sourceLocation: sourceLocation)
    try await Task.sleep(for: .milliseconds(2))
  }
}

/// Runs `request`, cancels it once `isReady`, and returns its outcome and the time from the cancellation to the return.
func runAndCancel(
  _ request: ProcessRequest, when isReady: @escaping @Sendable () -> Bool
) async throws -> (outcome: ProcessOutcome, delay: Duration) {
  try await withThrowingTaskGroup(of: (ProcessOutcome, ContinuousClock.Instant).self) { group in
    group.addTask { (try await ProcessRunner().run(request), .now) }
    try await eventually("the program runs") { isReady() }
    let start = ContinuousClock.now
    group.cancelAll()
    let (outcome, end) = try #require(try await group.next())
    return (outcome, end - start)
  }
}

/// The children of this process that have ended and were not reaped.
func zombies() -> [pid_t] {
  names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
    guard let line = contents("/proc/\(pid)/stat"), let end = line.lastIndex(of: UInt8(ascii: ")")) else {
      return false
    }
    let fields = line[(end + 2)...].split(separator: UInt8(ascii: " "))
    return fields[0].first == UInt8(ascii: "Z") && String(decoding: fields[1], as: UTF8.self) == "\(getpid())"
  }
}

/// The error of a failed start; nil when it succeeds.
func startFailure(of request: ProcessRequest) async -> ProcessError? {
  do throws(ProcessError) {
    _ = try await ProcessRunner().run(request)
    return nil
  } catch {
    return error
  }
}

/// The number of open descriptors after the threads and timers of the runs were created.
func descriptorCountAfterWarmUp() async throws -> Int {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<8 {
      group.addTask {
        _ = try await ProcessRunner().run(request("/bin/true"))
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    try await group.waitForAll()
  }
  return names(in: "/proc/self/fd").count
}

/// Sets the soft limit of descriptors; nil for the hard limit.
func setDescriptorLimit(_ limit: Int?) {
  var limits = rlimit(rlim_cur: 0, rlim_max: 0)
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
  limits.rlim_cur = limit.map { rlim_t($0) } ?? limits.rlim_max
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
}
