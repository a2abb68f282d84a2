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
    }
    var order: [Identity] = []
    var chosen: [Identity: (mount: MountEntry, number: DeviceNumber?, name: String)] = [:]
    var watched: [MountEntry] = []
    let programs = table.entries.filter(\.hasProgramBehind)

    for mount in table.entries {
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
          device: name, number: number, mountpoint: mount.mountpoint, filesystem: mount.filesystem))
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

  /// Of two mounts of one device: the one of the file system's own root, else the one with the shorter path.
  fileprivate func isPreferred(over other: MountEntry) -> Bool {
    if (root == "/") != (other.root == "/") { return root == "/" }
    return path.count < other.path.count
  }
}
