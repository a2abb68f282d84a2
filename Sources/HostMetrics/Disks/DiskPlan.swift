import Encoding

/// What a snapshot reports and probes, derived from the mount table.
package struct DiskPlan: Sendable {
  /// The disks, in the order of the mount table.
  package private(set) var volumes: [DiskVolume] = []
  /// The mounts to probe: those of ``volumes`` at the same indices, then those that are only watched for stalls.
  package private(set) var targets: [ProbeTarget] = []
  /// The mount of each target, reported when it stalls.
  package private(set) var mounts: [MountEntry] = []
  /// The devices whose counters are read.
  package private(set) var devices: Set<DeviceNumber> = []

  /// The maximum number of probed mounts, which bounds the time for a huge mount table.
  private static let maximumTargets = 4096

  /// Two mounts with the same identity are the same disk.
  private enum Identity: Hashable {
    case device(DeviceNumber)
    case source(ExactString)

    var text: String {
      switch self {
      case .device(let number): "\(number.major):\(number.minor)"
      case .source(let source): source.text
      }
    }
  }

  package init() {}

  /// Selects the disks of a mount table and the mounts to probe.
  package init(_ table: MountTable, _ blockDevices: some BlockDeviceResolver) {
    var order: [Identity] = []
    var chosen: [Identity: (mount: MountEntry, number: DeviceNumber?, name: String)] = [:]
    var watched: [MountEntry] = []
    let programs = table.entries.filter { $0.isServedByProgram }

    for mount in table.entries where !mount.isSnapshot {
      let identity: Identity
      let number: DeviceNumber?
      let name: String
      switch mount.kind {
      case .ignored:
        continue
      case .remote:
        watched.append(mount)
        continue
      case .zfs:
        (identity, number, name) = (.source(ExactString(mount.source)), nil, mount.source)
      case .blockDevice where !mount.device.isAnonymous:
        identity = .device(mount.device)
        number = mount.device
        name =
          chosen[identity]?.name ?? blockDevices.name(of: mount.device)
          ?? blockDevices.device(ofSource: mount.source)?.name ?? mount.source
      case .blockDevice:
        if let device = blockDevices.device(ofSource: mount.source) {
          (identity, number, name) = (.device(device.number), device.number, device.name)
        } else {
          (identity, number, name) = (.source(ExactString(mount.source)), nil, mount.source)
        }
      }
      if let present = chosen[identity] {
        if mount.isPreferred(over: present.mount) { chosen[identity] = (mount, number, name) }
      } else {
        order.append(identity)
        chosen[identity] = (mount, number, name)
      }
    }

    for identity in order.prefix(Self.maximumTargets) {
      guard let (mount, number, name) = chosen[identity] else { continue }
      volumes.append(
        DiskVolume(
          device: name, number: number, mountpoint: mount.mountpoint, filesystem: mount.filesystem,
          id: identity.text, pool: mount.pool, isReadOnly: mount.isReadOnly))
      if let number { devices.insert(number) }
      add(mount, table.pathPrefix, isWatchedOnly: false, programs)
    }
    for mount in watched.prefix(Self.maximumTargets - volumes.count) {
      add(mount, table.pathPrefix, isWatchedOnly: true, programs)
    }
  }

  private mutating func add(
    _ mount: MountEntry, _ pathPrefix: String, isWatchedOnly: Bool, _ programs: [MountEntry]
  ) {
    mounts.append(mount)
    targets.append(
      ProbeTarget(
        mount, pathPrefix: pathPrefix, isWatchedOnly: isWatchedOnly,
        mayBlockForever: programs.contains { $0.isOnPath(to: mount) }))
  }
}

extension MountEntry {
  /// Whether a program or another machine serves the file system.
  fileprivate var isServedByProgram: Bool {
    kind == .remote || filesystem.hasSameBytes(as: "fuseblk")
  }

  /// Whether the path to another mount passes through this one or ends at it.
  fileprivate func isOnPath(to other: MountEntry) -> Bool {
    guard path.count > 1, other.path.starts(with: path) else { return path.count == 1 }
    return other.path.count == path.count || other.path[path.count] == UInt8(ascii: "/")
  }

  /// Whether this mount is reported for the file system instead of the other one. Preferred are, in this order: `/`, a mount outside
  /// the transient folders, a mount of the file system's own root, the shorter path.
  fileprivate func isPreferred(over other: MountEntry) -> Bool {
    let (rank, otherRank) = (namingRank, other.namingRank)
    return rank == otherRank ? path.count < other.path.count : rank < otherRank
  }

  private var namingRank: Int {
    if path.count == 1 { return 0 }
    return (isTransient ? 3 : 1) + (root.hasSameBytes(as: "/") ? 0 : 1)
  }

  /// Folders in which services mount file systems temporarily: timeshift and udisks (`/run`), containers and their volumes.
  private static let transientFolders = [
    "/run/", "/tmp/", "/var/tmp/", "/var/lib/docker/", "/var/lib/containerd/", "/var/lib/containers/",
    "/var/lib/kubelet/", "/var/lib/lxc/", "/var/lib/lxd/", "/var/lib/incus/", "/var/lib/machines/",
    "/var/lib/portables/", "/var/snap/", "/snap/",
  ]

  private var isTransient: Bool {
    Self.transientFolders.contains { path.starts(with: $0.utf8) }
  }

  /// Whether the mount is a snapshot of another file system: of zfs, or mounted by a file server on access.
  fileprivate var isSnapshot: Bool {
    switch kind {
    case .zfs: source.utf8.contains(UInt8(ascii: "@")) || isBelow("/.zfs/snapshot/")
    case .remote: isBelow("/.zfs/snapshot/") || isBelow("/.snapshot/")
    case .blockDevice, .ignored: false
    }
  }

  private func isBelow(_ folder: String) -> Bool {
    let folder = Array(folder.utf8)
    guard path.count > folder.count else { return false }
    return (0...(path.count - folder.count)).contains { path[$0...].starts(with: folder) }
  }

  /// The zfs pool: the first component of the dataset's name.
  fileprivate var pool: String? {
    guard kind == .zfs else { return nil }
    return String(decoding: source.utf8.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
  }
}

/// A file system in the list of disks.
package struct DiskVolume: Sendable, Equatable {
  /// The kernel's name of the device, or the zfs dataset.
  package var device: String
  /// Identifies its counters; `nil` without a block device.
  package var number: DeviceNumber?
  package var mountpoint: String
  package var filesystem: String
  /// Identifies the file system in all its mounts, as long as it is mounted: the device number, or the dataset.
  package var id: String
  /// The zfs pool of the dataset.
  package var pool: String?
  /// Whether the file system itself is read-only.
  package var isReadOnly: Bool
}
