import AgentProtocol
import HostMetrics

/// What an alert on usage is about: a file system, or the datasets that share the free space of a zfs pool.
struct UsageSubject: Sendable {
  /// The same for as long as it is mounted, wherever that is.
  var key: String
  /// `disk` or `pool`.
  var objectType: AlertPayload.ObjectType
  /// The mount point or the pool.
  var objectID: String
  /// The file system; of a pool the fullest of its datasets.
  var disk: DiskUsage
  /// The part in use, 0 to 100.
  var usage: Double
  /// How many file systems it stands for.
  var members = 1

  /// The subjects among the disks of one observation, in their order.
  ///
  /// - Parameter separate: whether there is an alert on this file system alone, by its key. Such a dataset stays apart from its pool.
  static func subjects(
    in disks: [DiskUsage], _ measure: UsageAlerts.Measure, separate: (String) -> Bool
  ) -> [UsageSubject] {
    let pools = Dictionary(grouping: disks.filter { $0.pool != nil }, by: { $0.pool ?? "" })
      .mapValues(PoolSpace.init)
    var subjects: [UsageSubject] = []
    var places: [String: Int] = [:]
    for disk in disks {
      guard let usage = measure.usage(of: disk) else { continue }
      let own = key(of: disk)
      guard let pool = disk.pool, pools[pool]?.isShared(by: disk) ?? false, !separate(own) else {
        subjects.append(
          UsageSubject(key: own, objectType: .disk, objectID: disk.mountpoint, disk: disk, usage: usage))
        continue
      }
      guard let place = places[pool] else {
        places[pool] = subjects.count
        subjects.append(
          UsageSubject(
            key: key(ofPool: pool), objectType: .pool, objectID: pool, disk: disk, usage: usage))
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
  static func key(of disk: DiskUsage) -> String { disk.filesystemID ?? disk.mountpoint }

  /// The key of a pool. No file system has it: a dataset's name begins with a letter.
  static func key(ofPool pool: String) -> String { "@" + pool }
}

/// The free space that the datasets of a zfs pool share: the figure of most of them. One with a quota has less, one with a
/// reservation more.
private struct PoolSpace {
  private var shared: ClosedRange<UInt64>?

  init(_ disks: [DiskUsage]) {
    let figures = disks.compactMap(\.availableBytes).sorted()
    let largest = disks.map(\.totalBytes).max() ?? 0
    var most = 0
    var first = 0
    for (last, figure) in figures.enumerated() {
      // The mounts are asked one after another, while others write.
      let slack = max(figure / 64, largest / 256)
      while figure - figures[first] > slack { first += 1 }
      // Of equally many the larger: a quota is more usual than a reservation.
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
  /// The part in use, 0 to 100; nil where there is no fixed number, or where a full one is as it should be.
  fileprivate func usage(of disk: DiskUsage) -> Double? {
    // What cannot be written cannot run full: images, discs, file systems mounted read-only.
    guard disk.filesystem != "udf", !disk.isReadOnly else { return nil }
    switch self {
    case .space:
      return disk.totalBytes > 0 ? disk.usagePercent : nil
    case .inodes:
      // zfs makes inodes as long as there is space, and computes their number from that.
      guard disk.pool == nil, let total = disk.inodesTotal, let used = disk.inodesUsed, total > 0 else {
        return nil
      }
      return Double(used) / Double(total) * 100
    }
  }
}
