/// Classification of file systems for the list of disks.
enum FilesystemKind: Sendable, Equatable {
  /// On a block device of this machine.
  case blockDevice
  /// A zfs dataset: local, without a device of its own.
  case zfs
  /// Served by another machine or a program. Not a disk, but it may stall.
  case remote
  /// A pseudo file system, one in memory, or a read-only image, which is always full.
  case ignored

  init(type: String, device: DeviceNumber) {
    switch type {
    case "zfs":
      self = .zfs
    case "btrfs", "bcachefs", "fuseblk":
      self = .blockDevice
    case "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "ceph", "afs", "coda", "9p", "virtiofs", "lustre",
      "glusterfs", "orangefs", "gpfs", "beegfs", "vboxsf", "vmhgfs", "prl_fs", "fuse":
      self = .remote
    case "tmpfs", "devtmpfs", "ramfs", "rootfs", "proc", "sysfs", "devpts", "cgroup", "cgroup2", "pstore",
      "hugetlbfs", "mqueue", "debugfs", "tracefs", "securityfs", "fusectl", "configfs", "bpf", "overlay",
      "aufs", "unionfs", "squashfs", "erofs", "cramfs", "romfs", "iso9660", "efivarfs", "autofs",
      "binfmt_misc", "nsfs", "rpc_pipefs", "selinuxfs", "smackfs", "binder", "resctrl", "nfsd":
      self = .ignored
    default:
      if type.hasPrefix("fuse.") {
        self = .remote
      } else {
        self = device.isAnonymous ? .ignored : .blockDevice
      }
    }
  }
}
