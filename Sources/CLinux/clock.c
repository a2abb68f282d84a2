#include "CLinux.h"

#include <sys/timex.h>

bool linux_clock_is_synchronised(void) {
  struct timex state = {.modes = 0};
  return adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
}
