#!/usr/bin/env bash
# Keeps one box: its folder in memory, its control groups, and the booted system. Everything that it creates is removed
# when it ends, and it ends when its standard input is closed, for any reason.
# Usage: unshare --mount keeper.sh FOLDER NAME SIZE CAPABILITIES [DISK...]
#   FOLDER  an empty folder: a tmpfs of SIZE is mounted there, for the keeper and the box only
#   CAPABILITIES  forbidden inside, for setpriv --bounding-set
#   DISK    TYPE:MIB:PATH, a file system of the box (ext4 on a loop device, or tmpfs)
# Boots at each line that it reads. Writes `ready`; `booting N`, where the box's PID 1 is a grandchild of N; `ended STATUS` (129: it
# rebooted, 130: it powered off); or `failed REASON`.
set -euo pipefail

folder=$1 name=$2 size=$3 capabilities=$4
shift 4
here=$(dirname "$(readlink -f "$0")")

groups=() # the box's control group in each hierarchy
box=

fail() { printf 'failed %s\n' "$*"; exit 1; }

end() {
  trap - EXIT
  [ -z "$box" ] || kill -KILL "$box" 2>/dev/null || true
  wait || true
  local group
  for group in "${groups[@]}"; do
    # The last processes may take a moment to end.
    for _ in $(seq 50); do
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [ -d "$group" ] || break
      sleep 0.1
    done
  done
  umount -l "$folder" 2>/dev/null || true
  rmdir "$folder" 2>/dev/null || true
}
trap end EXIT
trap 'exit 0' INT TERM HUP

mount -t tmpfs -o "size=$size,mode=700" box "$folder" 2>/dev/null || fail "no tmpfs can be mounted here: no CAP_SYS_ADMIN?"
mkdir -p "$folder"/{upper,work,root,disks,cgroup}

# Each hierarchy is mounted again, independent of how, or whether, this machine has it mounted.
add_hierarchy() { # add_hierarchy FOLDER MOUNT-OPTIONS...
  local place=$folder/cgroup/$1
  shift
  mkdir -p "$place"
  if mount "$@" cgroup "$place" 2>/dev/null && mkdir -p "$place/$name" 2>/dev/null; then
    groups+=("$place/$name")
  else
    umount "$place" 2>/dev/null || true
    rmdir "$place"
    return 1
  fi
}
add_hierarchy unified -t cgroup2 || fail "no control group can be made here (cgroup2)"
mapfile -t hierarchies < <(cut -d: -f2 /proc/self/cgroup | grep -v -e '^$' -e '^name=' || true)
if [ ${#hierarchies[@]} -gt 0 ]; then
  # Version 1 has the controllers: the box is of the hybrid layout, like this machine.
  add_hierarchy systemd -t cgroup -o none,name=systemd || fail "no control group can be made here (name=systemd)"
  for hierarchy in "${hierarchies[@]}"; do
    add_hierarchy "$hierarchy" -t cgroup -o "$hierarchy" || true
  done
else
  # Controllers delegated by the groups above; without them only the limits of units are not enforced.
  for controller in $(cat "$folder/cgroup/unified/cgroup.controllers"); do
    echo "+$controller" >"$folder/cgroup/unified/cgroup.subtree_control" 2>/dev/null || true
  done
fi

for disk in "$@"; do
  IFS=: read -r type mib path <<<"$disk"
  [ "$type" = ext4 ] || continue
  image=$folder/disks/${path//\//_}
  truncate -s "${mib}M" "$image"
  mkfs.ext4 -q -F -m 0 "$image" || fail "mkfs.ext4 failed for $path"
done

echo ready
while read -r _; do
  # Ends with its parent, and the box with it.
  (
    status=0
    setpriv --pdeathsig KILL unshare --fork --kill-child --pid --mount --uts --ipc \
      "$here/boot.sh" "$folder" "$name" "$capabilities" "$@" >>"$folder/console" 2>&1 </dev/null || status=$?
    echo "ended $status"
  ) &
  box=$!
  echo "booting $box"
done
