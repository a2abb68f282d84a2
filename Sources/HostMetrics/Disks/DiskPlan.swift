/// What the mount table means for a snapshot: which file systems are disks, and which mounts to ask.
struct DiskPlan: Sendable {
  /// The disks, in the order of the mount table.
  private(set) var volumes: [DiskVolume] = []
  /// The mounts to ask: those of ``volumes``, index by index, then those that are only watched for stalls.
  private(set) var targets: [ProbeTarget] = []
  /// The mount of each target, to name it when it stalls.
  private(set) var mounts: [MountEntry] = []
  /// The devices whose counters are wanted.
  private(set) var devices: Set<DeviceNumber> = []

  /// Mounts that are asked at most: a table beyond that is no sane machine's, and must not cost seconds.
  private static let maximumTargets = 4096

  init() {}

  init(_ table: MountTable.Content, _ blockDevices: BlockDevices) {
    /// What makes two mounts the same disk.
    enum Identity: Hashable {
      case device(DeviceNumber)
      case source(String)

      var text: String {
        switch self {
        case .device(let number): "\(number.major):\(number.minor)"
        case .source(let source): source
        }
      }
    }
    var order: [Identity] = []
    var chosen: [Identity: (mount: MountEntry, number: DeviceNumber?, name: String)] = [:]
    var watched: [MountEntry] = []
    let programs = table.entries.filter(\.hasProgramBehind)

    for mount in table.entries where !mount.isSnapshot {
      let identity: Identity
      let number: DeviceNumber?
      let name: String
      switch FilesystemKind(type: mount.filesystem, device: mount.device) {
      case .leftOut:
        continue
      case .remote:
        watched.append(mount)
        continue
      case .zfs:
        (identity, number, name) = (.source(mount.source), nil, mount.source)
      case .blockDevice where !mount.device.isAnonymous:
        identity = .device(mount.device)
        number = mount.device
        name =
          chosen[identity]?.name ?? blockDevices.name(of: mount.device)
          ?? blockDevices.resolve(source: mount.source)?.name ?? mount.source
      case .blockDevice:
        if let device = blockDevices.resolve(source: mount.source) {
          (identity, number, name) = (.device(device.number), device.number, device.name)
        } else {
          (identity, number, name) = (.source(mount.source), nil, mount.source)
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
        mayHoldTheProcess: programs.contains { $0.isOnTheWay(to: mount) }))
  }
}

extension MountEntry {
  /// Whether a program or another machine answers what is asked of it.
  fileprivate var hasProgramBehind: Bool {
    filesystem == "fuseblk" || FilesystemKind(type: filesystem, device: device) == .remote
  }

  /// Whether the way to another mount leads through this one, or ends there.
  fileprivate func isOnTheWay(to other: MountEntry) -> Bool {
    path == [UInt8(ascii: "/")] || other.path == path || other.path.starts(with: path + [UInt8(ascii: "/")])
  }

  /// Whether this mount names the file system rather than the other one: the root folder's, else one that does not come and go with
  /// a container or a backup, else that of the file system's own root, else the one with the shorter path.
  fileprivate func isPreferred(over other: MountEntry) -> Bool {
    let (rank, otherRank) = (namingRank, other.namingRank)
    return rank == otherRank ? path.count < other.path.count : rank < otherRank
  }

  private var namingRank: Int {
    if path == [UInt8(ascii: "/")] { return 0 }
    return (isTransient ? 3 : 1) + (root == "/" ? 0 : 1)
  }

  /// Folders below which services mount what exists elsewhere already: timeshift and udisks (`/run`), containers and their volumes.
  private static let transientFolders = [
    "/run/", "/tmp/", "/var/tmp/", "/var/lib/docker/", "/var/lib/containerd/", "/var/lib/containers/",
    "/var/lib/kubelet/", "/var/lib/lxc/", "/var/lib/lxd/", "/var/lib/incus/", "/var/lib/machines/",
    "/var/lib/portables/", "/var/snap/", "/snap/",
  ]

  private var isTransient: Bool {
    Self.transientFolders.contains { path.starts(with: $0.utf8) }
  }

  /// Whether it shows an earlier state of another file system: a zfs snapshot, or one that a file server mounts on access.
  fileprivate var isSnapshot: Bool {
    switch FilesystemKind(type: filesystem, device: device) {
    case .zfs: source.utf8.contains(UInt8(ascii: "@")) || isBelow("/.zfs/snapshot/")
    case .remote: isBelow("/.zfs/snapshot/") || isBelow("/.snapshot/")
    case .blockDevice, .leftOut: false
    }
  }

  private func isBelow(_ folder: String) -> Bool {
    let folder = Array(folder.utf8)
    guard path.count > folder.count else { return false }
    return (0...(path.count - folder.count)).contains { path[$0...].starts(with: folder) }
  }

  /// The zfs pool: what a dataset's name begins with.
  fileprivate var pool: String? {
    guard FilesystemKind(type: filesystem, device: device) == .zfs else { return nil }
    return String(source.prefix { $0 != "/" })
  }
}
