#ifndef SNAPSHOT_FLOOR_H
#define SNAPSHOT_FLOOR_H

#include <stdint.h>

/// Reads the data of a snapshot directly: opens each file, reads it to its end, parses it with sscanf,
/// and calls statvfs for every mount on a block device. Returns a sum of figures, so that nothing is optimised away.
uint64_t snapshot_floor(void);

/// Makes only its system calls: opens and reads the same files without parsing, and calls statvfs for the root mount.
uint64_t snapshot_floor_reads(void);

#endif
