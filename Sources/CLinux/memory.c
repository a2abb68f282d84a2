#include "CLinux.h"

#include <malloc.h>

void linux_release_free_pages(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
