extension ServiceTraits {
  /// The properties that list the units by which a service is started.
  static let wanting: Set<String> = ["WantedBy", "RequiredBy", "UpheldBy"]

  init(_ values: [String: BusValue], name: String) {
    self.init(
      id: values["Id"]?.string ?? name, type: values["Type"]?.string ?? "",
      result: values["Result"]?.string ?? "", restartSetting: values["Restart"]?.string ?? "",
      activeState: values["ActiveState"]?.string ?? "", subState: values["SubState"]?.string ?? "",
      loadState: values["LoadState"]?.string ?? "", unitFileState: values["UnitFileState"]?.string ?? "",
      isTransient: values["Transient"]?.bool ?? false, triggeredBy: values["TriggeredBy"]?.strings ?? [],
      wantedBy: Self.wanting.flatMap { values[$0]?.strings ?? [] })
  }
}
