import AgentProtocol
import HostMetrics
import JSON

extension Snapshot {
  /// The telemetry payload in at most `limit` bytes. Disks, interfaces and processors beyond it are left out, and `omitted` has
  /// their numbers.
  ///
  /// The root disk, the fullest disks and the interfaces with the most traffic are kept.
  ///
  /// - Returns: The payload, and the number of omitted elements by list.
  func payload(within limit: Int) -> (json: JSONValue, omitted: JSONObject) {
    let json = json
    let size = JSONWriter.encode(json).count
    guard size > limit else { return (json, JSONObject()) }
    let lists = [
      ListFitting.List("cores", cpu.cores.map(\.json)),
      ListFitting.List("disks", disks.map(\.json), priorities: disks.map(\.priority)),
      ListFitting.List("network", network.map(\.json), priorities: network.map(\.priority)),
    ]
    var shortened = self
    shortened.cpu.cores = []
    shortened.disks = []
    shortened.network = []
    let fitting = ListFitting(lists, room: limit - JSONWriter.encode(shortened.json).count)
    shortened.cpu.cores = (fitting.kept["cores"] ?? []).map { cpu.cores[$0] }
    shortened.disks = (fitting.kept["disks"] ?? []).map { disks[$0] }
    shortened.network = (fitting.kept["network"] ?? []).map { network[$0] }
    guard var object = shortened.json.objectValue else { return (shortened.json, fitting.omitted) }
    object.append("omitted", .object(fitting.omitted))
    return (.object(object), fitting.omitted)
  }
}

extension DiskUsage {
  fileprivate var priority: Double {
    if mountpoint == "/" { return 200 }
    return isReadOnly ? 0 : usagePercent
  }
}

extension InterfaceUsage {
  fileprivate var priority: Double {
    isStacked == true ? 0 : Double(bytesReceived) + Double(bytesSent) + (isUp ? 1 : 0.5)
  }
}
