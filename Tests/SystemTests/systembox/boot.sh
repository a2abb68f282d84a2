#!/usr/bin/env bash
# Started by the keeper in separate namespaces: creates the box's file systems and becomes its systemd.
# Usage: boot.sh FOLDER NAME CAPABILITIES [DISK...]
#   CAPABILITIES  forbidden inside, for setpriv --bounding-set
set -euo pipefail

folder=$1 name=$2 capabilities=$3
shift 3
root=$folder/root

# The root of the control groups inside is a separate group.
join() { # join HIERARCHY
  local group=$1/$name file
  # While it is empty, cleanup of this machine's groups may remove it.
  mkdir -p "$group"
  for file in cpuset.cpus cpuset.mems; do
    [ ! -e "$group/$file" ] || cat "$1/$file" >"$group/$file"
  done
  echo 0 >"$group/cgroup.procs"
}
if [ -z "${BOX_CGROUP:-}" ]; then
  for hierarchy in "$folder"/cgroup/*; do
    join "$hierarchy" 2>/dev/null || join "$hierarchy"
  done
fi
if [ -z "${BOX_CGROUP:-}" ]; then
  BOX_CGROUP=1 exec unshare --cgroup "$0" "$folder" "$name" "$capabilities" "$@"
fi

mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" box "$root"

# The first boot: this machine's files without its identity.
if [ ! -e "$folder/booted" ]; then
  touch "$folder/booted"
  # Installed and enabled services of this machine are not needed inside.
  rm -rf "$root"/etc/systemd/system/*.{wants,requires,upholds} "$root"/etc/rc?.d/S* "$root"/usr/sbin/policy-rc.d
  rm -f "$root"/etc/dpkg/dpkg.cfg.d/*exclude* "$root"/etc/dpkg/dpkg.cfg.d/docker "$root"/etc/systemd/system/default.target
  # Mounts of this machine.
  : >"$root/etc/fstab"
  # Containers have these two mounted, so they are not in the layers below.
  for file in /etc/resolv.conf /etc/hosts; do
    [ ! -e "$file" ] || { cat "$file" >"$folder/file"; rm -f "$root$file"; cp "$folder/file" "$root$file"; }
  done
  echo box >"$root/etc/hostname"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  mkdir -p "$root/var/log/journal"
fi

# Devices of every container, without this machine's consoles and disks.
mount -t tmpfs -o mode=755 dev "$root/dev"
mkdir "$root"/dev/{pts,shm,mqueue}
for device in null zero full random urandom tty fuse loop-control; do
  [ -e "/dev/$device" ] || continue
  cp -a "/dev/$device" "$root/dev/$device" 2>/dev/null || {
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  }
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done

# The kernel's settings are shared with this machine and read-only inside.
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
cat /proc/sys/kernel/random/uuid >"$root/run/boot-id"
mount --bind "$root/run/boot-id" "$root/proc/sys/kernel/random/boot_id"
mount -o remount,bind,ro "$root/proc/sys"
[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind /dev/null "$root/proc/sysrq-trigger"
mount -t sysfs sysfs "$root/sys"
if [ -d "$folder/cgroup/systemd" ]; then
  mount -t tmpfs -o mode=755 cgroup "$root/sys/fs/cgroup"
  for hierarchy in "$folder"/cgroup/*; do
    target=$root/sys/fs/cgroup/${hierarchy##*/}
    mkdir "$target"
    mount --bind "$hierarchy/$name" "$target"
  done
else
  mount --bind "$folder/cgroup/unified/$name" "$root/sys/fs/cgroup"
fi
mount -o remount,bind,ro "$root/sys"

for disk in "$@"; do
  IFS=: read -r type mib path <<<"$disk"
  mkdir -p "$root$path"
  case $type in
    ext4) mount -t ext4 -o loop "$folder/disks/${path//\//_}" "$root$path" ;;
    tmpfs) mount -t tmpfs -o "size=${mib}m" tmpfs "$root$path" ;;
  esac
  [ "$path" != /tmp ] || chmod 1777 "$root/tmp"
done

hostname box
cd "$root"
pivot_root . .
umount -l .
cd /
# Like systemd outside of a container: later mounts propagate to the namespaces of services.
mount --make-rshared /
exec setpriv --bounding-set "$capabilities" -- \
  env -i container=lxc PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=multi-user.target
