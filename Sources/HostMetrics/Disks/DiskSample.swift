/// The counters of the block devices at one point in time.
struct DiskSample: Sendable {
  var time: MonotonicTime
  var devices: [DiskCounters]

  /// The traffic of each device since an earlier sample in which it had counters.
  func traffic(since earlier: DiskSample) -> [DeviceNumber: DiskIO] {
    let seconds = time.seconds(since: earlier.time)
    guard seconds > 0 else { return [:] }
    var traffic: [DeviceNumber: DiskIO] = [:]
    traffic.reserveCapacity(devices.count)
    for (index, now) in devices.enumerated() {
      let sameIndex = earlier.devices.indices.contains(index) ? earlier.devices[index] : nil
      let before =
        sameIndex?.device == now.device ? sameIndex : earlier.devices.first { $0.device == now.device }
      if let before { traffic[now.device] = now.traffic(since: before, seconds: seconds) }
    }
    return traffic
  }
}
