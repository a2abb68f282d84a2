/// Classification of file systems for the list of disks.
package enum FilesystemKind: Sendable, Equatable {
  /// On a block device of this machine.
  case blockDevice
  /// A zfs dataset: local, without a device of its own.
  case zfs
  /// Served by another machine or a program. Not a disk, but it may stall.
  case remote
  /// A pseudo file system, one in memory, or a read-only image, which is always full.
  case ignored

  private static let blockDeviceTypes: [StaticString] = ["btrfs", "bcachefs", "fuseblk"]
  private static let remoteTypes: [StaticString] = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "ceph", "afs", "coda", "9p", "virtiofs", "lustre",
    "glusterfs", "orangefs", "gpfs", "beegfs", "vboxsf", "vmhgfs", "prl_fs", "fuse",
  ]
  private static let ignoredTypes: [StaticString] = [
    "tmpfs", "devtmpfs", "ramfs", "rootfs", "proc", "sysfs", "devpts", "cgroup", "cgroup2", "pstore",
    "hugetlbfs", "mqueue", "debugfs", "tracefs", "securityfs", "fusectl", "configfs", "bpf", "overlay",
    "aufs", "unionfs", "squashfs", "erofs", "cramfs", "romfs", "iso9660", "efivarfs", "autofs",
    "binfmt_misc", "nsfs", "rpc_pipefs", "selinuxfs", "smackfs", "binder", "resctrl", "nfsd",
  ]

  /// - Parameter type: the type in the mount table. It is compared by bytes, as a FUSE server chooses what follows `fuse.`.
  package init(type: UnsafeRawBufferPointer, device: DeviceNumber) {
    if type.equals("zfs") {
      self = .zfs
    } else if Self.blockDeviceTypes.contains(where: { type.equals($0) }) {
      self = .blockDevice
    } else if Self.remoteTypes.contains(where: { type.equals($0) })
      || ByteScanner(type).begins(with: "fuse.")
    {
      self = .remote
    } else if Self.ignoredTypes.contains(where: { type.equals($0) }) || device.isAnonymous {
      self = .ignored
    } else {
      self = .blockDevice
    }
  }
}
