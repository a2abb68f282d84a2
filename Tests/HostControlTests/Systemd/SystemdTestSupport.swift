import Glibc
import HostControl
import Testing

/// Whether this machine has a real systemd that tests may change.
let hasSystemd = getenv("PLUSCLOUDS_SYSTEMD_TESTS").map { String(cString: $0) } == "1"

/// Tests that change a real systemd. They are opt-in, and serialised, as some restart services that others need.
@Suite(
  "A real systemd", .enabled(if: hasSystemd), .serialized, .timeLimit(.minutes(3)))
enum RealSystemdTests {}

/// Writes a file; its folder must exist.
func write(_ text: String, to path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  try #require(descriptor >= 0, "\(path)")
  defer { close(descriptor) }
  let bytes = Array(text.utf8)
  try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
}

/// The text of a file; empty when it does not exist.
func text(of path: String) -> String {
  String(decoding: contents(path) ?? [], as: UTF8.self)
}

/// Runs a command line of systemctl(1) to its end.
@discardableResult
func systemctl(_ arguments: String...) async throws -> String {
  let outcome = try await ProcessRunner().run(request("/usr/bin/systemctl", arguments))
  return outcome.stdout.text
}

/// Creates services with unique names for a test, and removes them afterwards.
///
/// - Parameter definitions: The lines of the `[Service]` section by name prefix, which may end in `@`.
func withServices(
  _ definitions: [String: String], install: String = "",
  _ body: (_ name: (String) -> String) async throws -> Void
) async throws {
  let mark = "\(UInt32.random(in: 0 ... .max))"
  let name = { (part: String) in part.hasSuffix("@") ? "\(part.dropLast())-\(mark)@" : "\(part)-\(mark)" }
  let paths = definitions.keys.map { "/run/systemd/system/\(name($0)).service" }
  for (part, lines) in definitions {
    try write(
      "[Unit]\nDescription=Test of \(part)\n[Service]\n\(lines)\n\(install)\n",
      to: "/run/systemd/system/\(name(part)).service")
  }
  try await systemctl("daemon-reload")
  let outcome: Result<Void, any Error>
  do {
    outcome = .success(try await body { name($0) + ".service" })
  } catch {
    outcome = .failure(error)
  }
  for part in definitions.keys {
    let units = part.hasSuffix("@") ? "\(name(part))*.service" : "\(name(part)).service"
    try await systemctl("kill", "--signal=KILL", units)
    try await systemctl("stop", units)
    try await systemctl("reset-failed", units)
  }
  for path in paths { unlink(path) }
  try await systemctl("daemon-reload")
  try outcome.get()
}

/// The error that a call throws.
func systemdError(_ body: () async throws -> Void) async -> SystemdError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? SystemdError
  }
}

/// A service with a unique name that runs a shell script.
func transient(_ script: String) -> TransientService {
  TransientService(
    name: "test-\(UInt32.random(in: 0 ... .max)).service", description: "Test", executable: "/bin/sh",
    arguments: ["-c", script])
}

/// A temporary folder for one test.
func withFolder(_ body: (String) async throws -> Void) async throws {
  let folder = "/tmp/systemd-test-\(UInt32.random(in: 0 ... .max))"
  try #require(mkdir(folder, 0o755) == 0)
  let outcome: Result<Void, any Error>
  do {
    outcome = .success(try await body(folder))
  } catch {
    outcome = .failure(error)
  }
  for name in names(in: folder) { unlink("\(folder)/\(name)") }
  rmdir(folder)
  try outcome.get()
}
