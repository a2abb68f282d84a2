extension ServiceTraits {
  /// A service from its properties.
  init(_ values: [String: BusValue], name: String) {
    self.init(
      id: values["Id"]?.string ?? name, type: values["Type"]?.string ?? "",
      result: values["Result"]?.string ?? "", restartSetting: values["Restart"]?.string ?? "",
      activeState: values["ActiveState"]?.string ?? "", subState: values["SubState"]?.string ?? "",
      loadState: values["LoadState"]?.string ?? "", unitFileState: values["UnitFileState"]?.string ?? "",
      isTransient: values["Transient"]?.bool ?? false, triggeredBy: values["TriggeredBy"]?.strings ?? [])
  }
}
