import Clocks
import Glibc
import Locks
import Threads

/// The connection to the system bus that the process shares. It is opened by the first call, and reopened by the first call
/// after it was lost, or automatically while there are listeners.
///
/// An actor on a thread of its own, on which sd-bus runs without locks and without blocking.
actor SystemBus {
  /// The descriptor and the time that the thread waits for.
  struct Next {
    let descriptor: pollfd?
    /// CLOCK_MONOTONIC in nanoseconds.
    let deadline: UInt64?
  }

  private static let instance = Locked<SystemBus?>(nil)

  nonisolated let executor: BusExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private var connection: BusConnection?
  private var isSubscribed = false
  private var subscriptionFailure: SystemdError?
  private var backoff = ReconnectBackoff()
  private var lastID: UInt64 = 0

  var jobs = WaiterList<JobWaiter>()
  var unitLocks = UnitLocks<UnitLockWaiter>()
  var endings = ExitTable<ExitWaiter>()
  var listeners: [UInt64: UnitEventListener] = [:]

  /// The bus of this process. Its thread is started by the first use.
  static func shared() throws(SystemdError) -> SystemBus {
    try instance.withLock { instance throws(SystemdError) in
      if let instance { return instance }
      do throws(ThreadError) {
        let new = SystemBus(executor: try BusExecutor())
        try new.executor.start(for: new)
        instance = new
        return new
      } catch {
        throw .cannotStart(errno: error.errno)
      }
    }
  }

  private init(executor: BusExecutor) {
    self.executor = executor
  }

  /// Schedules a closure on the thread of the bus.
  nonisolated func post(_ body: @escaping @Sendable (isolated SystemBus) -> Void) {
    executor.post { self.assumeIsolated { body($0) } }
  }

  /// A unique number for a call, a waiter or a listener.
  func nextID() -> UInt64 {
    lastID &+= 1
    return lastID
  }

  /// Sends a call, and opens the connection first if there is none.
  ///
  /// - Parameter isBulk: Whether the call belongs to a large batch, which other calls may overtake.
  func send(
    _ call: BusCall, id: UInt64, isBulk: Bool = false, completion: @escaping BusConnection.Completion
  ) {
    do throws(SystemdError) {
      try open().send(call, id: id, isBulk: isBulk, completion: completion)
    } catch {
      completion(.failure(error))
    }
  }

  /// Sends a call and ignores its reply.
  func send(_ call: BusCall) {
    send(call, id: nextID()) { _ in }
  }

  /// Cancels the call or the waiter with this number.
  func cancel(_ id: UInt64) {
    connection?.cancel(id)
    jobs.remove(id)?.fail { .cancelled($0) }
    endings.removeWaiter(id)?.fail { .cancelled($0) }
    unitLocks.remove(id)?.resume(returning: false)
  }

  /// Runs one iteration of the thread's loop: processes received messages, and reconnects when that is due.
  func advance() -> Next {
    if let connection, !connection.process() { lose(nil) }
    if let subscriptionFailure { lose(subscriptionFailure) }
    let now = MonotonicClock.now()
    if connection == nil, !listeners.isEmpty, backoff.isDue(now) {
      do throws(SystemdError) {
        _ = try open()
      } catch {
        backoff.failed(now)
      }
    }
    let connectAgain = connection == nil && !listeners.isEmpty ? backoff.nextAttempt : nil
    return Next(
      descriptor: connection?.descriptor,
      deadline: [connection?.deadline, connectAgain].compactMap(\.self).min())
  }

  /// Adds the match rules for signals that are waited for, and removes all others. Does nothing without a connection.
  func updateMatches() {
    guard let connection else { return }
    let hasListeners = !listeners.isEmpty
    do throws(SystemdError) {
      try connection.addMatch(BusSignal.manager + "'JobRemoved'")
      try connection.match(BusSignal.manager + "'JobNew'", isWanted: hasListeners)
      try connection.match(
        BusSignal.unitChanges + "'org.freedesktop.systemd1.Service'", isWanted: !endings.isEmpty)
      try connection.match(
        BusSignal.unitChanges + "'org.freedesktop.systemd1.Unit'", isWanted: hasListeners || !endings.isEmpty)
    } catch {
      subscriptionFailure = error
    }
  }

  var isConnected: Bool { connection != nil }

  /// Whether signals of systemd are received.
  var isListening: Bool { isSubscribed }

  /// Makes the next reconnect due at once.
  func connectForListeners() {
    backoff.reset()
  }

  private func open() throws(SystemdError) -> BusConnection {
    if let connection { return connection }
    let new = try BusConnection { signal in self.received(signal) }
    connection = new
    subscriptionFailure = nil
    new.followSystemd(id: nextID()) { self.subscriptionFailure = $0 }
    updateMatches()
    // Everything above takes effect before the first call that follows, so that the end of its job is received.
    send(.manager("Subscribe", to: "listen to systemd"), id: nextID()) { reply in
      switch reply {
      case .success: self.subscribed()
      case .failure(let error): self.subscriptionFailure = error
      }
    }
    return new
  }

  private func subscribed() {
    isSubscribed = true
    backoff.reset()
    for id in listeners.keys { deliver(.connected, to: id) }
  }

  private func lose(_ reason: SystemdError?) {
    guard let lost = connection else { return }
    connection = nil
    subscriptionFailure = nil
    let wasSubscribed = isSubscribed
    isSubscribed = false
    backoff.failed(MonotonicClock.now())
    lost.failAll(reason)
    for waiter in jobs.removeAll() { waiter.fail { reason ?? .lost($0) } }
    for waiter in endings.removeAll() { waiter.fail { reason ?? .lost($0) } }
    if wasSubscribed {
      for id in listeners.keys { deliver(.disconnected, to: id) }
    }
  }
}

extension BusConnection {
  fileprivate func match(_ rule: String, isWanted: Bool) throws(SystemdError) {
    if isWanted { try addMatch(rule) } else { removeMatch(rule) }
  }
}
