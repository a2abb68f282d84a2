extension SystemBus {
  /// Handles a signal.
  func received(_ signal: BusSignal) {
    switch signal {
    case .jobNew(let id, _, let unit):
      if isService(unit) { deliver(.jobQueued(unit: unit, job: id)) }
    case .jobRemoved(let id, let path, let unit, let result):
      for waiter in jobs.remove(for: path) { waiter.ended(result) }
      if isService(unit) { deliver(.jobRemoved(unit: unit, job: id, result: result)) }
    case .propertiesChanged(let unit, let interface, let reader):
      guard isService(unit), !listeners.isEmpty || endings.isWatched(unit) else { return }
      do throws(BusReadFailure) {
        let values = try reader.properties(ServiceProgress.properties)
        if interface == "org.freedesktop.systemd1.Unit", let active = values["ActiveState"]?.string,
          let sub = values["SubState"]?.string
        {
          deliver(.changed(unit: unit, activeState: active, subState: sub))
        }
        progressed(unit, values)
      } catch {
        // A signal that differs from the documentation is ignored.
      }
    }
  }

  /// Adds a listener. It receives `connected` at once when events are already being received.
  func add(_ listener: UnitEventListener, id: UInt64) {
    listeners[id] = listener
    updateMatches()
    if isListening { deliver(.connected, to: id) } else { connectForListeners() }
  }

  /// Removes a listener.
  func removeListener(_ id: UInt64) {
    listeners[id] = nil
    updateMatches()
  }

  /// Delivers an event to one listener.
  func deliver(_ event: UnitEvent, to id: UInt64) {
    listeners[id]?.deliver(event)
  }

  /// Delivers an event to all listeners. Events before `connected`, received because of other subscribers, are dropped.
  private func deliver(_ event: UnitEvent) {
    guard isListening else { return }
    for id in listeners.keys { deliver(event, to: id) }
  }

  private func isService(_ unit: String) -> Bool { unit.hasSuffix(".service") }
}
