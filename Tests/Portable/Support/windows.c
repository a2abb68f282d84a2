// The C functions that Embedded Swift calls and Windows does not have.
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <bcrypt.h>

int posix_memalign(void **memory, size_t alignment, size_t size) {
  *memory = _aligned_malloc(size, alignment < sizeof(void *) ? sizeof(void *) : alignment);
  return *memory ? 0 : 12;
}

// Memory of posix_memalign must not go to the C library's free.
void __wrap_free(void *memory) { _aligned_free(memory); }

void arc4random_buf(void *buffer, size_t size) {
  if (BCryptGenRandom(NULL, buffer, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0) abort();
}

// The Unicode data of the standard library. These answers mean "nothing special", so that strings compare by scalars: portable code
// compares bytes, and needs no grapheme clusters.
uint16_t _swift_stdlib_getNormData(uint32_t scalar) { (void)scalar; return 0; }
const uint8_t *_swift_stdlib_nfd_decompositions;
uint32_t _swift_stdlib_getDecompositionEntry(uint32_t scalar) { (void)scalar; return 0; }
uint32_t _swift_stdlib_getComposition(uint32_t first, uint32_t second) { (void)first; (void)second; return UINT32_MAX; }
uint8_t _swift_stdlib_getGraphemeBreakProperty(uint32_t scalar) { (void)scalar; return 255; }
