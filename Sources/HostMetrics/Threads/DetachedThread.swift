import Glibc

/// Starts a thread that nobody joins; false if the system has none to give. Its small stack and its name,
/// which `top -H` shows, are for threads that may have to be left hanging.
func startThread(named name: StaticString, _ body: @escaping @Sendable () -> Void) -> Bool {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  pthread_attr_setstacksize(&attributes, 512 << 10)

  // Signals are for the process's other threads: one here would only interrupt a system call.
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

/// What a thread is started with.
private final class ThreadWork {
  let name: StaticString
  let body: @Sendable () -> Void

  init(name: StaticString, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }

  /// Names the calling thread, as pthread_setname_np(3) does, which Swift does not see.
  func nameThread() {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    _ = write(file, name.utf8Start, name.utf8CodeUnitCount)
  }
}
