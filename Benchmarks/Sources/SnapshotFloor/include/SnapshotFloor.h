#ifndef SNAPSHOT_FLOOR_H
#define SNAPSHOT_FLOOR_H

#include <stdint.h>

/// Reads what a snapshot needs the plain way: opens each file, reads it to its end, parses it with sscanf,
/// and calls statvfs for every mount on a block device. Returns a sum of figures, so that nothing is optimised away.
uint64_t snapshot_floor(void);

/// Only the system calls of it: opens and reads the same files, parses nothing, and asks the root mount.
uint64_t snapshot_floor_reads(void);

#endif
