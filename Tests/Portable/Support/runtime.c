// What the Swift runtime's C++ part gives to regular programs, and an Embedded Swift program has to bring itself.
#include <stdlib.h>

// Parses a number in the C locale, in which a program without setlocale(3) runs. Returns where it ends.
const char *_swift_stdlib_strtod_clocale(const char *text, double *number) {
  char *end;
  *number = strtod(text, &end);
  return end;
}
