/// A task that waits for a service to end.
struct ExitWaiter {
  let purpose: String
  let continuation: CheckedContinuation<Result<ServiceEnding, SystemdError>, Never>

  func fail(_ error: (String) -> SystemdError) {
    continuation.resume(returning: .failure(error(purpose)))
  }
}

extension SystemBus {
  /// Starts a transient service and waits for its start job. How it ends is kept until it is queried.
  func startTransient(
    _ service: TransientService, descriptors: (stdout: Int32, stderr: Int32)?
  ) async throws(SystemdError) {
    try watchNew(service.name)
    do throws(SystemdError) {
      let result = try await runJob(service.startCall(descriptors: descriptors))
      if result != "done", let error = startFailure(of: service, job: result) { throw error }
    } catch {
      switch error.code {
      // The service may have been started all the same, and its ending may be queried.
      case .cancelled, .timedOut: forgetUnlessLoaded(service.name)
      // The entry was removed with the connection.
      case .disconnected: break
      case .refused, .unavailable, .unitNotFound: forget(service.name)
      }
      throw error
    }
  }

  /// Stops and forgets a service whose start was abandoned. The start call cannot be revoked, but systemd handles the stop after
  /// it.
  ///
  /// Returns when systemd has replied: all processes of the service are then in its control group, and none is added later.
  func withdraw(_ unit: String) async {
    var stop = BusCall.stop(unit)
    stop.timeout = .seconds(30)
    // Best effort: an error cannot be handled any further.
    do throws(SystemdError) { try await call(stop) } catch {}
    if endings.contains(unit) { forget(unit) }
  }

  /// Starts a transient service and waits until it has ended, without waiting for its start job.
  func runTransient(
    _ service: TransientService, descriptors: (stdout: Int32, stderr: Int32)?
  ) async throws(SystemdError) -> ServiceEnding {
    let purpose = "run \(service.name)"
    if Task.isCancelled { throw .cancelled(purpose) }
    let id = nextID()
    try watchNew(service.name)
    let ending = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = ExitWaiter(purpose: purpose, continuation: continuation)
        _ = endings.wait(waiter, id: id, for: service.name)
        send(service.startCall(descriptors: descriptors), id: nextID()) { answer in
          guard case .failure(let error) = answer else { return }
          self.endings.removeWaiter(id)?.fail { _ in error }
          if self.endings.contains(service.name) { self.forget(service.name) }
        }
      }
    } onCancel: {
      post { bus in
        if bus.endings.isWaiting(id) { bus.send(.stop(service.name)) }
      }
    }
    return try ending.get()
  }

  /// Waits until a service has ended, which any process may have started.
  func ending(of unit: String) async throws(SystemdError) -> ServiceEnding {
    let purpose = "wait for the end of \(unit)"
    if Task.isCancelled { throw .cancelled(purpose) }
    let id = nextID()
    let isNew = !endings.contains(unit)
    if isNew { watch(unit, isNew: false) }
    let ending = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = ExitWaiter(purpose: purpose, continuation: continuation)
        if let ending = endings.wait(waiter, id: id, for: unit) {
          release(unit)
          continuation.resume(returning: .success(ending))
        } else if isNew {
          look(at: unit, purpose)
        }
      }
    } onCancel: {
      post { $0.cancel(id) }
    }
    return try ending.get()
  }

  /// Handles changed properties of a unit.
  func progressed(_ unit: String, _ values: [String: BusValue]) {
    guard let news = endings.update(unit, values) else { return }
    for waiter in news.waiters { waiter.continuation.resume(returning: .success(news.ending)) }
    for unit in news.forgotten { release(unit) }
    updateMatches()
  }

  private func watch(_ unit: String, isNew: Bool) {
    endings.watch(unit, isNew: isNew)
    updateMatches()
  }

  /// Watches a unit that is about to be created.
  private func watchNew(_ unit: String) throws(SystemdError) {
    if endings.isWatched(unit) {
      throw .answer("org.freedesktop.systemd1.UnitExists", "it is running", to: "start \(unit)")
    }
    // The ending of an earlier unit of that name was not queried.
    if endings.contains(unit) { forget(unit) }
    watch(unit, isNew: true)
  }

  private func forget(_ unit: String) {
    for waiter in endings.remove(unit) { waiter.fail { _ in .notFound(unit) } }
    release(unit)
    updateMatches()
  }

  /// Forgets a service that systemd does not have after it has handled all earlier calls: no signal would report its end.
  private func forgetUnlessLoaded(_ unit: String) {
    send(.manager("GetUnit", [.string(unit)], to: "query \(unit)"), id: nextID()) { answer in
      guard case .failure(let error) = answer, error.code == .unitNotFound, self.endings.isWatched(unit)
      else { return }
      self.forget(unit)
    }
  }

  /// Drops the reference to the unit, so that systemd can unload it. The end of the connection does that too.
  private func release(_ unit: String) {
    guard isConnected else { return }
    send(.manager("UnrefUnit", [.string(unit)], to: "release \(unit)"))
  }

  /// References a unit and queries its state. Signals arrive in order between the replies. A reply may be newer than the signals
  /// around it, so the result is queried after the state.
  private func look(at unit: String, _ purpose: String) {
    send(.manager("RefUnit", [.string(unit)], to: purpose), id: nextID()) { answer in
      guard case .failure(let error) = answer else { return }
      for waiter in self.endings.remove(unit) {
        waiter.fail { _ in error.code == .unitNotFound ? .notFound(unit) : error }
      }
      self.updateMatches()
    }
    for (property, interface) in [
      ("ActiveState", "Unit"), ("Result", "Service"), ("ExecMainCode", "Service"),
      ("ExecMainStatus", "Service"),
    ] {
      send(.property(property, of: interface, on: unit, to: purpose), id: nextID()) { answer in
        guard case .success(let reader) = answer else { return }
        do throws(BusReadFailure) {
          self.progressed(unit, [property: try reader.variant()])
        } catch {
          for waiter in self.endings.remove(unit) { waiter.fail { .unusable($0, error.reason) } }
        }
      }
    }
  }

  /// Why a service was not started whose start job failed. nil when it was started and has ended already, which fails the job too.
  private func startFailure(of service: TransientService, job result: String) -> SystemdError? {
    guard case .exited(let code) = endings.progress(of: service.name)?.ending else {
      let hasRun = if case .signalled = endings.progress(of: service.name)?.ending { true } else { false }
      return hasRun ? nil : .unusable("start \(service.name)", "the result of its start job is \(result)")
    }
    // systemd.exec(5), "Process Exit Codes": codes from 200 on are set by systemd, before it executes the program.
    guard (200...245).contains(code) else { return nil }
    let reason =
      switch code {
      case 200: "the folder \(service.workingDirectory) cannot be entered"
      case 203: "\(service.executable) cannot be executed"
      case 217: "there is no user \(service.user ?? "root")"
      default: "systemd could not prepare it"
      }
    return .unusable("start \(service.name)", "\(reason) (status \(code), systemd.exec(5))")
  }
}

extension BusCall {
  /// Stops a unit.
  static func stop(_ unit: String) -> BusCall {
    .manager("StopUnit", [.string(unit), .string("replace")], to: "stop \(unit)")
  }
}
