import CSystemd
import Clocks
import Glibc

/// A non-blocking connection to the system bus, through sd-bus(3). Confined to one thread.
///
/// Every call is completed exactly once: with its reply, an error, its timeout, its cancellation or the end of the connection.
final class BusConnection {
  typealias Completion = (Result<BusReader, SystemdError>) -> Void

  /// How many messages are processed before the thread does other work. The deadline of sd-bus is in the past when more are left.
  private static let messagesAtATime = 256

  private let bus: OpaquePointer
  private var pending: [UInt64: PendingCall] = [:]
  private var queue = CallQueue<QueuedCall>()
  /// Completed calls whose callback may be running. They are freed after sd-bus has returned.
  private var ended: [PendingCall] = []
  private var matches: [String: OpaquePointer] = [:]
  private var source = SignalSource()
  private let onSignal: (BusSignal) -> Void

  /// Opens a connection. Calls can be sent before its handshake is complete.
  ///
  /// - Parameter onSignal: Receives the signals that match a rule and that systemd has sent (`followSystemd`).
  init(onSignal: @escaping (BusSignal) -> Void) throws(SystemdError) {
    if let reason = csd_open() { throw .noLibrary(String(cString: reason)) }
    var opened: OpaquePointer?
    let result = csd_bus_open_system(&opened)
    guard result >= 0, let opened else { throw .cannotConnect(errno: -result) }
    bus = opened
    self.onSignal = onSignal
  }

  deinit {
    for slot in matches.values { csd_bus_slot_unref(slot) }
    for call in pending.values { csd_bus_slot_unref(call.slot) }
    csd_bus_close(bus)
  }

  /// The descriptor and events for poll(2).
  var descriptor: pollfd {
    pollfd(fd: csd_bus_get_fd(bus), events: Int16(truncatingIfNeeded: csd_bus_get_events(bus)), revents: 0)
  }

  /// When `process` must be called without an event; CLOCK_MONOTONIC in nanoseconds, nil for never.
  var deadline: UInt64? {
    var microseconds: UInt64 = .max
    let isSet = csd_bus_get_timeout(bus, &microseconds) >= 0 && microseconds != .max
    let own = isSet ? microseconds.multipliedReportingOverflow(by: 1000).partialValue : nil
    return [own, pending.values.lazy.map(\.deadline).min()].compactMap(\.self).min()
  }

  /// Processes received messages and sends queued ones. Returns false when the connection has ended.
  func process() -> Bool {
    defer { ended.removeAll() }
    expire()
    for _ in 0..<Self.messagesAtATime {
      let result = csd_bus_process(bus)
      if result < 0 { return false }
      if result == 0 { return csd_bus_is_open(bus) > 0 }
    }
    return true
  }

  /// Sends a call, as soon as few enough others are pending.
  ///
  /// - Parameter isBulk: Whether the call belongs to a large batch, which other calls may overtake.
  func send(_ call: BusCall, id: UInt64, isBulk: Bool = false, completion: @escaping Completion) {
    queue.append(
      QueuedCall(
        id: id, call: call, deadline: call.deadline(after: MonotonicClock.now()), completion: completion),
      id: id, isBulk: isBulk)
    sendQueued()
  }

  /// Cancels a call. Its reply is dropped.
  func cancel(_ id: UInt64) {
    if let call = pending.removeValue(forKey: id) {
      csd_bus_slot_unref(call.slot)
      call.completion(.failure(.cancelled(call.purpose)))
      sendQueued()
    } else if let call = queue.remove(id) {
      call.completion(.failure(.cancelled(call.call.purpose)))
    }
  }

  /// Fails all calls, with the given error or because the connection is lost.
  func failAll(_ error: SystemdError? = nil) {
    let calls = pending.values.sorted { $0.id < $1.id }
    let unsent = queue.removeAll()
    pending.removeAll()
    for call in calls {
      csd_bus_slot_unref(call.slot)
      call.completion(.failure(error ?? .lost(call.purpose)))
    }
    for call in unsent { call.completion(.failure(error ?? .lost(call.call.purpose))) }
  }

  /// Tracks the unique name of systemd, now and when it changes. No signal is delivered before the name is known, and no call
  /// that is sent later is answered before.
  ///
  /// - Parameter failed: Called when the name cannot be queried.
  func followSystemd(id: UInt64, failed: @escaping (SystemdError) -> Void) {
    // The match precedes the query, so that no change between the two is missed.
    do throws(SystemdError) { try addMatch(BusSignal.ownerChanges) } catch { return failed(error) }
    send(.ownerOfSystemd, id: id) { [weak self] answer in
      do throws(SystemdError) {
        let reader = try answer.get()
        do throws(BusReadFailure) {
          self?.source.learn(try reader.string())
        } catch {
          throw .unusable("listen to systemd", "the reply cannot be decoded: \(error.reason)")
        }
      } catch {
        // systemd is not on the bus at the moment; NameOwnerChanged will report it.
        if error.code != .unavailable { failed(error) }
      }
    }
  }

  /// Subscribes to signals that match a rule. The rule is in force before any call that is sent later.
  func addMatch(_ rule: String) throws(SystemdError) {
    guard matches[rule] == nil else { return }
    var slot: OpaquePointer?
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    let result = csd_bus_add_match_async(
      bus, &slot, rule,
      { message, userdata, _ in
        guard let message, let userdata else { return 0 }
        Unmanaged<BusConnection>.fromOpaque(userdata).takeUnretainedValue().signalled(message)
        return 0
      }, userdata)
    guard result >= 0, let slot else { throw .sending("listen to systemd", errno: -result) }
    matches[rule] = slot
  }

  /// Removes a match rule.
  func removeMatch(_ rule: String) {
    if let slot = matches.removeValue(forKey: rule) { csd_bus_slot_unref(slot) }
  }

  /// Fails the calls that have timed out. The timeouts of sd-bus do not run until the handshake is complete.
  private func expire() {
    let now = MonotonicClock.now()
    let late = pending.values.filter { $0.deadline <= now }
    for call in late {
      pending[call.id] = nil
      csd_bus_slot_unref(call.slot)
      call.completion(.failure(.unanswered(call.purpose)))
    }
    if !late.isEmpty { sendQueued() }
  }

  private func sendQueued() {
    while let next = queue.next(pending: pending.count) {
      do throws(SystemdError) {
        try sendNow(next)
      } catch {
        next.completion(.failure(error))
      }
    }
  }

  private func sendNow(_ queued: QueuedCall) throws(SystemdError) {
    let purpose = queued.call.purpose
    guard queued.deadline > MonotonicClock.now() else { throw .unanswered(purpose) }
    let message = try BusMessageWriter.message(for: queued.call, on: bus)
    defer { csd_message_unref(message) }
    let entry = PendingCall(
      id: queued.id, purpose: purpose, deadline: queued.deadline, connection: self,
      completion: queued.completion)
    let userdata = Unmanaged.passUnretained(entry).toOpaque()
    let result = csd_bus_call_async(
      bus, &entry.slot, message,
      { message, userdata, _ in
        guard let message, let userdata else { return 0 }
        let call = Unmanaged<PendingCall>.fromOpaque(userdata).takeUnretainedValue()
        call.connection?.answered(call, message)
        return 0
      }, userdata, .max)
    guard result >= 0 else { throw .sending(purpose, errno: -result) }
    pending[queued.id] = entry
  }

  private func answered(_ call: PendingCall, _ message: OpaquePointer) {
    guard pending.removeValue(forKey: call.id) != nil else { return }
    ended.append(call)
    defer {
      csd_bus_slot_unref(call.slot)
      sendQueued()
    }
    guard let error = csd_message_get_error(message) else {
      return call.completion(.success(BusReader(message)))
    }
    guard csd_bus_is_open(bus) > 0 else { return call.completion(.failure(.lost(call.purpose))) }
    let name = error.pointee.name.map { String(cString: $0) } ?? "org.freedesktop.DBus.Error.Failed"
    let text = error.pointee.message.map { String(cString: $0) } ?? ""
    call.completion(.failure(.answer(name, text, to: call.purpose)))
  }

  private func signalled(_ message: OpaquePointer) {
    let origin = source.origin(of: csd_message_get_sender(message).map { String(cString: $0) })
    // Signals of other senders are ignored.
    guard origin != .other, let member = csd_message_get_member(message),
      let path = csd_message_get_path(message)
    else { return }
    let reader = BusReader(message)
    do throws(BusReadFailure) {
      switch origin {
      case .other: return
      case .bus:
        guard String(cString: member) == "NameOwnerChanged" else { return }
        let name = try reader.string()
        try reader.skip("s")
        source.ownerChanged(of: name, to: try reader.string())
      case .systemd:
        let signal = try BusSignal(member: String(cString: member), path: String(cString: path), reader)
        if let signal { onSignal(signal) }
      }
    } catch {
      // A signal that differs from its sender's documentation is ignored.
    }
  }
}

/// A call that has not been sent.
private struct QueuedCall {
  let id: UInt64
  let call: BusCall
  /// CLOCK_MONOTONIC in nanoseconds.
  let deadline: UInt64
  let completion: BusConnection.Completion
}

/// A call that was sent and has no reply.
private final class PendingCall {
  let id: UInt64
  let purpose: String
  /// CLOCK_MONOTONIC in nanoseconds.
  let deadline: UInt64
  weak var connection: BusConnection?
  let completion: BusConnection.Completion
  var slot: OpaquePointer?

  init(
    id: UInt64, purpose: String, deadline: UInt64, connection: BusConnection,
    completion: @escaping BusConnection.Completion
  ) {
    self.id = id
    self.purpose = purpose
    self.deadline = deadline
    self.connection = connection
    self.completion = completion
  }
}
