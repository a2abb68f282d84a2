/// A signal that systemd sends, org.freedesktop.systemd1(5).
enum BusSignal {
  case jobNew(id: UInt32, path: String, unit: String)
  case jobRemoved(id: UInt32, path: String, unit: String, result: String)
  /// The reader is positioned before the values, `a{sv}`.
  case propertiesChanged(unit: String, interface: String, BusReader)

  static let manager =
    "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
    + "interface='org.freedesktop.systemd1.Manager',member="
  /// Sent by the bus daemon when systemd's unique name changes.
  static let ownerChanges =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    + "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.systemd1'"
  static let unitChanges =
    "type='signal',sender='org.freedesktop.systemd1',"
    + "path_namespace='/org/freedesktop/systemd1/unit',interface='org.freedesktop.DBus.Properties',"
    + "member='PropertiesChanged',arg0="

  /// Decodes a signal; nil for one that is not used.
  init?(member: String, path: String, _ reader: BusReader) throws(BusReadFailure) {
    switch member {
    case "JobNew":
      self = .jobNew(id: try reader.uint32(), path: try reader.objectPath(), unit: try reader.string())
    case "JobRemoved":
      self = .jobRemoved(
        id: try reader.uint32(), path: try reader.objectPath(), unit: try reader.string(),
        result: try reader.string())
    case "PropertiesChanged":
      guard let unit = UnitPath.decode(path) else { return nil }
      self = .propertiesChanged(unit: unit, interface: try reader.string(), reader)
    default:
      return nil
    }
  }
}
