import Glibc
import Locks
import Threads

/// The system bus, shared by all that talk over it: opened with the first call, opened again with the first call after it was
/// lost, and by itself for as long as somebody listens to events.
///
/// It is an actor on a thread of its own, on which sd-bus runs without locks and without ever waiting.
actor SystemBus {
  /// What the thread is to wait for.
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

  var jobs = WaitingList<JobWaiter>()
  var actions = ActionQueue<ActionWaiter>()
  var endings = EndingTable<EndingWaiter>()
  var listeners: [UInt64: UnitEventListener] = [:]

  /// The one bus of this process; its thread comes with the first use.
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

  /// Runs a closure on the bus's thread, soon.
  nonisolated func post(_ body: @escaping @Sendable (isolated SystemBus) -> Void) {
    executor.post { self.assumeIsolated { body($0) } }
  }

  /// A number for a call, a waiter or a listener.
  func nextID() -> UInt64 {
    lastID &+= 1
    return lastID
  }

  /// Sends a call, over a connection that is opened if there is none.
  ///
  /// - Parameter isBulk: Whether it is one of a large batch, which others need not wait for.
  func send(
    _ call: BusCall, id: UInt64, isBulk: Bool = false, completion: @escaping BusConnection.Completion
  ) {
    do throws(SystemdError) {
      try open().send(call, id: id, isBulk: isBulk, completion: completion)
    } catch {
      completion(.failure(error))
    }
  }

  /// Sends a call whose answer nobody needs.
  func send(_ call: BusCall) {
    send(call, id: nextID()) { _ in }
  }

  /// Gives up the call, the job, the ending or the action that waits under this number.
  func cancel(_ id: UInt64) {
    connection?.cancel(id)
    jobs.remove(id)?.fail { .cancelled($0) }
    endings.removeWaiter(id)?.fail { .cancelled($0) }
    actions.remove(id)?.resume(returning: false)
  }

  /// One turn of the thread: takes in what has come.
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

  /// Has the signals come that somebody waits for, and no others. For nothing while there is no connection.
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

  /// Whether there is a connection.
  var isConnected: Bool { connection != nil }

  /// Whether events come.
  var isListening: Bool { isSubscribed }

  /// Tries to connect now, if somebody listens.
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
    // All come into force before the first call that follows: its job cannot end unseen.
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
    for id in listeners.keys { tell(id, .connected) }
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
      for id in listeners.keys { tell(id, .disconnected) }
    }
  }
}

extension BusConnection {
  fileprivate func match(_ rule: String, isWanted: Bool) throws(SystemdError) {
    if isWanted { try addMatch(rule) } else { removeMatch(rule) }
  }
}
