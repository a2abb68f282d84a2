import Glibc

/// Starts a detached thread; false if the system can't create one. The stack is small, as such a thread may block forever.
/// The name is shown by `top -H`.
func startThread(named name: StaticString, _ body: @escaping @Sendable () -> Void) -> Bool {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  pthread_attr_setstacksize(&attributes, 512 << 10)

  // Signals are handled by other threads; here they would only interrupt system calls.
  var all = sigset_t()
  var previous = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_SETMASK, &all, &previous)
  defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

  let work = Unmanaged.passRetained(ThreadWork(name: name, body: body))
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, &attributes,
    { argument in
      guard let argument else { return nil }
      let work = Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue()
      work.nameThread()
      work.body()
      return nil
    }, work.toOpaque())
  if failure != 0 { work.release() }
  return failure == 0
}

/// The name and body of a thread.
private final class ThreadWork {
  let name: StaticString
  let body: @Sendable () -> Void

  init(name: StaticString, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }

  /// Names the calling thread, as pthread_setname_np(3) does, which the Glibc module does not export.
  func nameThread() {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    _ = write(file, name.utf8Start, name.utf8CodeUnitCount)
  }
}
