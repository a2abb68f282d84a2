/// systemd on this machine, through the system bus.
///
/// Nothing is opened before the first call. Every call ends within 25 s, or 2 minutes where unit files are read, except those
/// that say that they wait for something; all of them end when their task is cancelled. A bus that was lost is opened again by
/// the next call. Where there is no libsystemd, no bus or no systemd every call throws `SystemdError` with the code
/// `unavailable`.
///
/// Names are those of units with their suffix, as `ServiceName` checks them; systemd itself refuses what is no name.
public final class Systemd: Sendable {
  /// The same as any other.
  public static let shared = Systemd()

  /// Creates a way to systemd. Costs nothing; all share one connection and one thread.
  public init() {}

  /// All loaded services, without those that have no unit file.
  public func services() async throws(SystemdError) -> [ServiceUnit] {
    try await SystemBus.shared().services()
  }

  /// One service.
  ///
  /// - Throws: `SystemdError` with the code `unitNotFound` where systemd has none of that name.
  public func service(_ name: String) async throws(SystemdError) -> ServiceUnit {
    try await SystemBus.shared().service(name)
  }

  /// What decides whether a service may be restarted.
  ///
  /// - Throws: `SystemdError` with the code `unitNotFound` where systemd has none of that name.
  public func traits(of name: String) async throws(SystemdError) -> ServiceTraits {
    try await SystemBus.shared().traits(of: name)
  }

  /// The loaded units whose names fit a pattern, glob(7): without `unitFileState`, `mainPID` and `since`, and with those that
  /// have no unit file.
  public func loadedUnits(matching pattern: String) async throws(SystemdError) -> [ServiceUnit] {
    try await SystemBus.shared().units(matching: pattern)
  }

  /// The real name of the unit that a name stands for, which may be an alias of it.
  ///
  /// - Throws: `SystemdError` with the code `unitNotFound` where systemd has none of that name.
  public func realName(of name: String) async throws(SystemdError) -> String {
    try await SystemBus.shared().realName(of: name)
  }

  /// Starts, stops, restarts or reloads a service and waits for the end of that, however long it takes.
  ///
  /// Actions on the same unit run one after another, under whatever names. When the task is cancelled only the waiting ends: the job goes on.
  ///
  /// - Returns: How the job ended: `done`, `failed`, `timeout`, `canceled`, `dependency`, `skipped` and so on.
  /// - Throws: `SystemdError` when there was no job: `unitNotFound`, or `refused` for a unit that is masked, cannot be
  ///   reloaded, or has a bad definition.
  public func perform(_ action: ServiceAction, on name: String) async throws(SystemdError) -> String {
    try await SystemBus.shared().perform(action, on: name)
  }

  /// Starts a service when nothing stands against it, and waits for the end of that, however long it takes.
  ///
  /// It waits for no turn and takes none, unlike `perform`: what somebody does to the service meanwhile goes ahead, and a stop
  /// ends the start. When the task is cancelled only the waiting ends: the job goes on.
  ///
  /// - Returns: How the job ended, as with `perform`.
  /// - Throws: As `perform`; also `refused` while there is a job that this one would replace.
  public func start(_ name: String) async throws(SystemdError) -> String {
    let call = BusCall.manager("StartUnit", [.string(name), .string("fail")], to: "start \(name)")
    return try await SystemBus.shared().runJob(call)
  }

  /// Has systemd do something to a service, and returns when it has accepted that: for what ends this process.
  ///
  /// - Throws: As `perform`.
  public func enqueue(_ action: ServiceAction, on name: String) async throws(SystemdError) {
    try await SystemBus.shared().enqueue(action, on: name)
  }

  /// What a unit, by its real name, means for the service that this process belongs to.
  public func relationToOwnUnit(of unit: String) async throws(SystemdError) -> OwnUnitRelation {
    try await SystemBus.shared().relationToOwnUnit(of: unit)
  }

  /// Has a service started at boot; then has systemd read all unit files again. An init script is enabled by the program of the
  /// distribution that systemctl(1) calls for it.
  ///
  /// - Returns: What was changed, which may be nothing.
  /// - Throws: `SystemdError`: `unitNotFound`, or `refused` when systemd, or that program, did not succeed.
  @discardableResult
  public func enable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    try await SystemBus.shared().enable(name)
  }

  /// Has a service not started at boot any more, nor until the next one; then has systemd read all unit files again.
  ///
  /// - Returns: As `enable`.
  /// - Throws: As `enable`.
  @discardableResult
  public func disable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    try await SystemBus.shared().disable(name)
  }

  /// Makes a unit that is `failed` inactive, and lets one that was started too often be started again.
  public func resetFailed(_ name: String) async throws(SystemdError) {
    try await SystemBus.shared().call(.manager("ResetFailedUnit", [.string(name)], to: "reset \(name)"))
  }

  /// Stops a unit and waits until it has stopped.
  ///
  /// - Throws: `SystemdError`; a unit that is not loaded any more is `unitNotFound`.
  public func stop(_ unit: String) async throws(SystemdError) {
    let result = try await SystemBus.shared().runJob(.stop(unit))
    guard result == "done" else { throw .unusable("stop \(unit)", "its stop job ended \(result)") }
  }

  /// Sends a signal to the processes of a unit, or to its main process only.
  public func kill(_ unit: String, signal: Int32, onlyMain: Bool) async throws(SystemdError) {
    try await SystemBus.shared().call(
      .manager(
        "KillUnit", [.string(unit), .string(onlyMain ? "main" : "all"), .int32(signal)],
        to: "send signal \(signal) to \(unit)"))
  }

  /// What happens to services from now on. It ends when nobody listens any more.
  ///
  /// For as long as somebody listens a lost bus is opened again, after 1 s at first and every 30 s later on.
  public func unitEvents() -> AsyncStream<UnitEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: UnitEvent.self, bufferingPolicy: .bufferingNewest(UnitEventListener.room))
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
