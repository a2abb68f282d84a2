// The C functions that Embedded Swift calls and Windows does not have. Only fixed-width integers and pointers cross this border:
// the calling conventions of the two compilers differ for structures.
#include <stdint.h>
#include <stdlib.h>
#include <windows.h>
// After windows.h, whose types it uses.
#include <bcrypt.h>

// Memory of malloc is aligned to 16 bytes, and free takes it back; Swift asks for more only for vectors.
int posix_memalign(void **memory, size_t alignment, size_t size) {
  const int invalid_argument = 22, out_of_memory = 12;
  if (alignment > 16) return invalid_argument;
  *memory = malloc(size);
  return *memory ? 0 : out_of_memory;
}

void arc4random_buf(void *buffer, size_t size) {
  if (BCryptGenRandom(NULL, buffer, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0) abort();
}

uintptr_t __stack_chk_guard = 0x595e9fbd94fda766;
void __stack_chk_fail(void) { abort(); }

// The Unicode normalisation data of the standard library. The answers mean "no decomposition", so that strings compare by scalars.
// There is no data for grapheme breaking: a program that needs it does not link, since portable code works on UTF-8 and scalars.
const uint8_t *const _swift_stdlib_nfd_decompositions = NULL;
uint16_t _swift_stdlib_getNormData(uint32_t scalar) { return 0 * scalar; }
uint32_t _swift_stdlib_getDecompositionEntry(uint32_t scalar) { return 0 * scalar; }
uint32_t _swift_stdlib_getComposition(uint32_t first, uint32_t second) { return UINT32_MAX | first | second; }
