#ifndef CLINUXCLOCK_H
#define CLINUXCLOCK_H

#include <stdbool.h>

/// Whether the kernel takes its clock for synchronised: adjtimex(2) without STA_UNSYNC.
bool linux_clock_is_synchronised(void);

#endif
