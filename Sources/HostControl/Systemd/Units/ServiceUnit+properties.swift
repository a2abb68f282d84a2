extension ServiceUnit {
  /// A listed service with additional properties.
  init(_ listed: ServiceUnit, _ values: [String: BusValue]) {
    self.init(
      id: listed.id, description: listed.description, loadState: listed.loadState,
      activeState: listed.activeState, subState: listed.subState,
      unitFileState: values["UnitFileState"]?.string ?? "", mainPID: Self.pid(values),
      since: Self.since(values))
  }

  init(_ values: [String: BusValue], name: String) {
    self.init(
      id: values["Id"]?.string ?? name, description: values["Description"]?.string ?? "",
      loadState: values["LoadState"]?.string ?? "", activeState: values["ActiveState"]?.string ?? "",
      subState: values["SubState"]?.string ?? "", unitFileState: values["UnitFileState"]?.string ?? "",
      mainPID: Self.pid(values), since: Self.since(values))
  }

  private static func pid(_ values: [String: BusValue]) -> Int32? {
    values["MainPID"]?.number.flatMap { Int32(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// systemd has microseconds, and 0 for never.
  private static func since(_ values: [String: BusValue]) -> Int64? {
    values["StateChangeTimestamp"]?.number.flatMap { $0 > 0 ? $0 / 1_000_000 : nil }
  }
}
