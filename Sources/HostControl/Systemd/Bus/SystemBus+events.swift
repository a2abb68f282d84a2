extension SystemBus {
  /// Takes in a signal, on the bus's thread.
  func received(_ signal: BusSignal) {
    switch signal {
    case .jobNew(let id, _, let unit):
      if isService(unit) { tell(.jobQueued(unit: unit, job: id)) }
    case .jobRemoved(let id, let path, let unit, let result):
      for waiter in jobs.remove(for: path) { waiter.ended(result) }
      if isService(unit) { tell(.jobRemoved(unit: unit, job: id, result: result)) }
    case .propertiesChanged(let unit, let interface, let reader):
      guard isService(unit), !listeners.isEmpty || endings.isWatched(unit) else { return }
      do throws(BusReadFailure) {
        let values = try reader.properties(ServiceProgress.properties)
        if interface == "org.freedesktop.systemd1.Unit", let active = values["ActiveState"]?.string,
          let sub = values["SubState"]?.string
        {
          tell(.changed(unit: unit, activeState: active, subState: sub))
        }
        progressed(unit, values)
      } catch {
        // What systemd does not document says nothing to anybody.
      }
    }
  }

  /// Adds a listener; it is told at once when events come already.
  func add(_ listener: UnitEventListener, id: UInt64) {
    listeners[id] = listener
    updateMatches()
    if isListening { tell(id, .connected) } else { connectForListeners() }
  }

  /// Removes a listener.
  func removeListener(_ id: UInt64) {
    listeners[id] = nil
    updateMatches()
  }

  /// Tells one listener.
  func tell(_ id: UInt64, _ event: UnitEvent) {
    listeners[id]?.tell(event)
  }

  /// What comes before `connected`, because others have subscribed too, is not told.
  private func tell(_ event: UnitEvent) {
    guard isListening else { return }
    for id in listeners.keys { tell(id, event) }
  }

  private func isService(_ unit: String) -> Bool { unit.hasSuffix(".service") }
}
