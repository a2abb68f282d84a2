import AgentProtocol
import Encoding
import HostMetrics

/// The object of a usage alert: a file system, or the datasets that share the free space of a zfs pool.
struct UsageSubject: Sendable {
  /// Identifies it for as long as it is mounted, at any mount point.
  var key: ExactString
  /// `disk` or `pool`.
  var objectType: AlertPayload.ObjectType
  /// The mount point or the pool.
  var objectID: String
  /// The file system; for a pool, the fullest of its datasets.
  var disk: DiskUsage
  /// The usage in percent, 0 to 100.
  var usage: Double
  /// The number of file systems that it represents.
  var members = 1

  /// The subjects of one observation, in order.
  ///
  /// - Parameter separate: Whether a file system, given by its key, already has an alert of its own. Such a dataset is not merged
  ///   into its pool.
  static func subjects(
    in disks: [DiskUsage], _ measure: UsageAlerts.Measure, separate: (ExactString) -> Bool
  ) -> [UsageSubject] {
    let pools = Dictionary(grouping: disks.filter { $0.pool != nil }, by: { ExactString($0.pool ?? "") })
      .mapValues(PoolSpace.init)
    var subjects: [UsageSubject] = []
    var places: [ExactString: Int] = [:]
    for disk in disks {
      guard let usage = measure.usage(of: disk) else { continue }
      let own = key(of: disk)
      guard let name = disk.pool, pools[ExactString(name)]?.isShared(by: disk) ?? false, !separate(own) else {
        subjects.append(
          UsageSubject(key: own, objectType: .disk, objectID: disk.mountpoint, disk: disk, usage: usage))
        continue
      }
      let pool = ExactString(name)
      guard let place = places[pool] else {
        places[pool] = subjects.count
        subjects.append(
          UsageSubject(
            key: key(ofPool: name), objectType: .pool, objectID: name, disk: disk, usage: usage))
        continue
      }
      subjects[place].members += 1
      if usage > subjects[place].usage {
        subjects[place].usage = usage
        subjects[place].disk = disk
      }
    }
    return subjects
  }

  /// The key of a file system.
  static func key(of disk: DiskUsage) -> ExactString {
    ExactString(disk.filesystemID ?? disk.mountpoint)
  }

  /// The key of a pool. It never equals that of a file system: dataset names begin with a letter.
  static func key(ofPool pool: String) -> ExactString { ExactString("@" + pool) }
}

/// The free space that the datasets of a zfs pool share: the value that most of them report. A dataset with a quota reports less, one
/// with a reservation more.
private struct PoolSpace {
  private var shared: ClosedRange<UInt64>?

  init(_ disks: [DiskUsage]) {
    let figures = disks.compactMap(\.availableBytes).sorted()
    let largest = disks.map(\.totalBytes).max() ?? 0
    var most = 0
    var first = 0
    for (last, figure) in figures.enumerated() {
      // Mounts are probed one after another while other programs write.
      let slack = max(figure / 64, largest / 256)
      while figure - figures[first] > slack { first += 1 }
      // On a tie the larger value wins: quotas are more common than reservations.
      if last - first >= most {
        most = last - first
        shared = figures[first]...figure
      }
    }
  }

  func isShared(by disk: DiskUsage) -> Bool {
    guard let available = disk.availableBytes, let shared else { return false }
    return shared.contains(available)
  }
}

extension UsageAlerts.Measure {
  /// The usage in percent, 0 to 100; nil without a fixed capacity, or where a full file system is normal.
  fileprivate func usage(of disk: DiskUsage) -> Double? {
    // Images, optical discs and read-only mounts are full by design.
    guard disk.filesystem != "udf", !disk.isReadOnly else { return nil }
    switch self {
    case .space:
      return disk.totalBytes > 0 ? disk.usagePercent : nil
    case .inodes:
      // zfs allocates inodes as long as there is space, and derives their number from that.
      guard disk.pool == nil, let total = disk.inodesTotal, let used = disk.inodesUsed, total > 0 else {
        return nil
      }
      return Double(used) / Double(total) * 100
    }
  }
}
