/// The disks and stalled mounts of a snapshot: probe results combined with the traffic of the devices.
package struct DiskReport: Sendable {
  package var disks: [DiskUsage] = []
  package var stalledMounts: [StalledMount] = []

  package init() {}

  /// Omits disks that stall or can't be reached. A disk that was not probed keeps its previous statistics.
  package init(
    _ plan: DiskPlan, _ results: [ProbeResult], previous: [FilesystemStatistics?],
    traffic: [DeviceNumber: DiskIO], now: MonotonicTime
  ) {
    disks.reserveCapacity(plan.volumes.count)
    for (index, result) in results.enumerated() {
      let statistics: FilesystemStatistics
      switch result {
      case .responded(let current):
        statistics = current
      case .notProbed:
        guard previous.indices.contains(index), let earlier = previous[index] else { continue }
        statistics = earlier
      case .unreachable:
        continue
      case .stalled(let since):
        let mount = plan.mounts[index]
        stalledMounts.append(
          StalledMount(
            mountpoint: mount.mountpoint, source: mount.source, filesystem: mount.filesystem,
            seconds: UInt64(now.seconds(since: since)),
            filesystemID: plan.volumes.indices.contains(index) ? plan.volumes[index].id : nil,
            pool: plan.volumes.indices.contains(index) ? plan.volumes[index].pool : nil))
        continue
      }
      guard plan.volumes.indices.contains(index) else { continue }
      let volume = plan.volumes[index]
      let hasInodes = statistics.inodesTotal > 0
      disks.append(
        DiskUsage(
          device: volume.device, mountpoint: volume.mountpoint, totalBytes: statistics.totalBytes,
          usedBytes: statistics.usedBytes, usagePercent: statistics.usagePercent,
          io: volume.number.flatMap { traffic[$0] }, filesystem: volume.filesystem,
          inodesTotal: hasInodes ? statistics.inodesTotal : nil,
          inodesUsed: hasInodes ? increase(from: statistics.inodesFree, to: statistics.inodesTotal) : nil,
          availableBytes: statistics.availableBytes, filesystemID: volume.id, pool: volume.pool,
          isReadOnly: volume.isReadOnly))
    }
  }
}
