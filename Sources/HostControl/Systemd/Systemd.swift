/// systemd on this machine, through the system bus.
///
/// The first call opens the connection, and the first call after its loss reopens it. Calls time out after 25 s, or 2 minutes
/// where unit files are reloaded, except those documented to wait without a timeout. All end when their task is cancelled.
/// Without libsystemd, a system bus or systemd, every call throws `SystemdError` with the code `unavailable`.
///
/// Names are unit names with their suffix, as `ServiceName` validates them. systemd rejects invalid ones.
public final class Systemd: Sendable {
  /// Equivalent to every other instance.
  public static let shared = Systemd()

  /// Creates a client without side effects. All clients share one connection and one thread.
  public init() {}

  /// All loaded services, without those that have no unit file.
  public func services() async throws(SystemdError) -> [ServiceUnit] {
    try await SystemBus.shared().services()
  }

  /// The present state of a service.
  ///
  /// - Throws: `SystemdError` with the code `unitNotFound` when systemd has no such unit.
  public func service(_ name: String) async throws(SystemdError) -> ServiceUnit {
    try await SystemBus.shared().service(name)
  }

  /// The properties that decide whether a service may be restarted.
  ///
  /// - Throws: `SystemdError` with the code `unitNotFound` when systemd has no such unit.
  public func traits(of name: String) async throws(SystemdError) -> ServiceTraits {
    try await SystemBus.shared().traits(of: name)
  }

  /// The loaded units whose names match a pattern, glob(7), including those without a unit file. Their `unitFileState`,
  /// `mainPID` and `since` are not queried.
  public func loadedUnits(matching pattern: String) async throws(SystemdError) -> [ServiceUnit] {
    try await SystemBus.shared().units(matching: pattern)
  }

  /// The real name of the unit that a name or an alias refers to.
  ///
  /// - Throws: `SystemdError` with the code `unitNotFound` when systemd has no such unit.
  public func realName(of name: String) async throws(SystemdError) -> String {
    try await SystemBus.shared().realName(of: name)
  }

  /// Starts, stops, restarts or reloads a service and waits without a timeout until the job has ended.
  ///
  /// Actions on the same unit are serialised, also under different names. Cancelling the task ends the wait, not the job.
  ///
  /// - Returns: The result of the job: `done`, `failed`, `timeout`, `canceled`, `dependency`, `skipped` or another.
  /// - Throws: `SystemdError` when no job was created: `unitNotFound`, or `refused` for a unit that is masked, cannot be
  ///   reloaded, or has an invalid definition.
  public func perform(_ action: ServiceAction, on name: String) async throws(SystemdError) -> String {
    try await SystemBus.shared().perform(action, on: name)
  }

  /// Starts a service unless that conflicts with another job, and waits without a timeout until the job has ended.
  ///
  /// Unlike `perform` it is not serialised: other actions on the service proceed, and a stop cancels the start. Cancelling the
  /// task ends the wait, not the job.
  ///
  /// - Returns: The result of the job, as `perform`.
  /// - Throws: As `perform`; also `refused` while there is a job that this one would replace.
  public func start(_ name: String) async throws(SystemdError) -> String {
    let call = BusCall.manager("StartUnit", [.string(name), .string("fail")], to: "start \(name)")
    return try await SystemBus.shared().runJob(call)
  }

  /// Enqueues an action on a service and returns when systemd has accepted it, for actions that end this process.
  ///
  /// - Throws: As `perform`.
  public func enqueue(_ action: ServiceAction, on name: String) async throws(SystemdError) {
    try await SystemBus.shared().enqueue(action, on: name)
  }

  /// The effect of a unit, given by its real name, on the service that this process belongs to.
  public func relationToOwnUnit(of unit: String) async throws(SystemdError) -> OwnUnitRelation {
    try await SystemBus.shared().relationToOwnUnit(of: unit)
  }

  /// Enables a service and reloads the unit files. An init script is enabled by the distribution's program that systemctl(1)
  /// calls.
  ///
  /// - Returns: The changes, if any.
  /// - Throws: `SystemdError`: `unitNotFound`, or `refused` when systemd or that program failed.
  @discardableResult
  public func enable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    try await SystemBus.shared().enable(name)
  }

  /// Disables a service, both permanently and until the next boot, and reloads the unit files.
  ///
  /// - Returns: As `enable`.
  /// - Throws: As `enable`.
  @discardableResult
  public func disable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    try await SystemBus.shared().disable(name)
  }

  /// Resets the `failed` state and the start rate limit of a unit.
  public func resetFailed(_ name: String) async throws(SystemdError) {
    try await SystemBus.shared().call(.manager("ResetFailedUnit", [.string(name)], to: "reset \(name)"))
  }

  /// Stops a unit and waits until it has stopped.
  ///
  /// - Throws: `SystemdError`: `unitNotFound` for a unit that is no longer loaded.
  public func stop(_ unit: String) async throws(SystemdError) {
    let result = try await SystemBus.shared().runJob(.stop(unit))
    guard result == "done" else { throw .unusable("stop \(unit)", "the result of its stop job is \(result)") }
  }

  /// Sends a signal to the processes of a unit, or to its main process only.
  public func kill(_ unit: String, signal: Int32, onlyMain: Bool) async throws(SystemdError) {
    try await SystemBus.shared().call(
      .manager(
        "KillUnit", [.string(unit), .string(onlyMain ? "main" : "all"), .int32(signal)],
        to: "send signal \(signal) to \(unit)"))
  }

  /// A stream of the events of services.
  ///
  /// While a stream is in use, a lost bus is reopened after 1 s at first, and at least every 30 s.
  public func unitEvents() -> AsyncStream<UnitEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: UnitEvent.self, bufferingPolicy: .bufferingNewest(UnitEventListener.capacity))
    do throws(SystemdError) {
      let bus = try SystemBus.shared()
      bus.post { bus in
        let id = bus.nextID()
        bus.add(UnitEventListener(continuation), id: id)
        continuation.onTermination = { _ in bus.post { $0.removeListener(id) } }
      }
    } catch {
      continuation.yield(.disconnected)
      continuation.finish()
    }
    return stream
  }
}
