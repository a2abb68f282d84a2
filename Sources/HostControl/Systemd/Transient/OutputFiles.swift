import Glibc

/// The output files of a service. This process opens them, so that the paths are resolved in its own mount namespace.
struct OutputFiles: ~Copyable {
  let stdout: Int32
  let stderr: Int32

  init(stdout: String, stderr: String, for service: String) throws(SystemdError) {
    let first = try Self.open(stdout, for: service)
    do throws(SystemdError) {
      self.stderr = try Self.open(stderr, for: service)
    } catch {
      close(first)
      throw error
    }
    self.stdout = first
  }

  deinit {
    close(stdout)
    close(stderr)
  }

  private static func open(_ path: String, for service: String) throws(SystemdError) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let descriptor = Glibc.open(path, flags, 0o600)
    guard descriptor >= 0 else {
      throw .unusable(
        "start \(service)", "its output file \(path) cannot be opened: \(ErrorNumber.text(errno))")
    }
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
    return descriptor
  }
}
