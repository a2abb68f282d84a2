import Glibc
import HostControl
import Testing

@Suite struct ProcessErrorTests {
  /// Creates a file, and removes it after `body`.
  private func withFile(
    mode: mode_t, _ text: String, _ body: (String) async throws -> Void
  ) async throws {
    let path = "/tmp/hostcontrol-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)
    try #require(descriptor >= 0)
    defer { unlink(path) }
    _ = write(descriptor, text, text.utf8.count)
    close(descriptor)
    try await body(path)
  }

  private func failure(_ request: ProcessRequest) async throws -> ProcessError {
    try #require(
      await #expect(throws: ProcessError.self) { _ = try await ProcessRunner().run(request) })
  }

  @Test(arguments: ["/nonexistent/program", "/etc/passwd/program"])
  func missingFileIsExecutableNotFound(_ path: String) async throws {
    let error = try await failure(request(path))
    #expect(error.reason == .executableNotFound)
    #expect(error.message.contains(path))
  }

  @Test func fileWithoutExecuteBitIsPermissionDenied() async throws {
    try await withFile(mode: 0o600, "#!/bin/sh\n") { path in
      let error = try await failure(request(path))
      #expect(error.reason == .permissionDenied)
      #expect(error.errno == EACCES)
    }
  }

  @Test func folderIsPermissionDenied() async throws {
    let result3 = try await failure(request("/usr/bin"))
    #expect(result3.reason == .permissionDenied)
  }

  /// There is no fallback to a shell.
  @Test func unknownFormatIsNotExecutable() async throws {
    try await withFile(mode: 0o700, "echo no\n") { path in
      let error = try await failure(request(path))
      #expect(error.reason == .notExecutable)
      #expect(error.errno == ENOEXEC)
    }
  }

  @Test func missingInterpreterIsExecutableNotFound() async throws {
    try await withFile(mode: 0o700, "#!/nonexistent/interpreter\n") { path in
      let result4 = try await failure(request(path))
      #expect(result4.reason == .executableNotFound)
    }
  }

  @Test func longArgumentsAreTooLong() async throws {
    let error = try await failure(request("/bin/true", [String(repeating: "x", count: 1 << 20)]))
    #expect(error.reason == .argumentsTooLong)
  }

  @Test(arguments: ["/nonexistent", "/etc/passwd"])
  func missingWorkingDirectoryIsUnusable(_ path: String) async throws {
    var request = request("/bin/true")
    request.workingDirectory = path
    let error = try await failure(request)
    #expect(error.reason == .workingDirectoryUnusable)
    #expect(error.path == path)
  }

  @Test(arguments: ["true", "", "bin/true", "./true", "/bin/tr\0ue"])
  func relativePathsAreInvalid(_ path: String) async throws {
    let result5 = try await failure(request(path))
    #expect(result5.reason == .invalidRequest)
  }

  @Test(arguments: [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "\0")])
  func invalidVariablesAreRejected(name: String, value: String) async throws {
    var request = request("/bin/true")
    request.environment = [(name, value)]
    let result6 = try await failure(request)
    #expect(result6.reason == .invalidRequest)
  }

  @Test func argumentWithNULIsInvalid() async throws {
    let result7 = try await failure(request("/bin/true", ["a\0b"]))
    #expect(result7.reason == .invalidRequest)
  }

  @Test func missingDescriptorsAreResourcesExhausted() async {
    await #expect(processExitsWith: .success) {
      let result1 = try await ProcessRunner().run(request("/bin/true"))
      #expect(result1.ending == .exited(0))
      // The runtime's own timer takes a descriptor when it is first used, and ends the process without one.
      try await Task.sleep(for: .milliseconds(1))
      // The lowest free number: those of open descriptors may have gaps below the highest.
      let free = open("/dev/null", O_RDONLY)
      close(free)
      setDescriptorLimit(Int(free))
      let error = await startFailure(of: request("/bin/true"))
      setDescriptorLimit(nil)
      #expect(error?.reason == .resourcesExhausted)
      let result2 = try await ProcessRunner().run(request("/bin/true"))
      #expect(result2.ending == .exited(0))
    }
  }
}
