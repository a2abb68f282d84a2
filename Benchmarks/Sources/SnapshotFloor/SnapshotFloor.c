#include "SnapshotFloor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char buffer[256 * 1024];

static const char *const files[] = {
    "/proc/stat",         "/proc/loadavg",         "/proc/meminfo",     "/proc/net/dev",
    "/proc/uptime",       "/proc/pressure/cpu",    "/proc/pressure/memory",
    "/proc/pressure/io",  "/proc/1/mountinfo",     "/proc/diskstats",
};

static size_t load(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  size_t count = 0;
  ssize_t received;
  while ((received = read(file, buffer + count, sizeof buffer - 1 - count)) > 0) count += (size_t)received;
  close(file);
  buffer[count] = 0;
  return count;
}

static char *next_line(char **cursor) {
  char *line = *cursor;
  if (!*line) return NULL;
  char *end = strchr(line, '\n');
  if (end) *end = 0;
  *cursor = end ? end + 1 : line + strlen(line);
  return line;
}

static uint64_t processors(void) {
  unsigned long long total = 0, column[8];
  if (!load("/proc/stat")) return 0;
  char *cursor = buffer, *line;
  while ((line = next_line(&cursor)) && strncmp(line, "cpu", 3) == 0) {
    if (sscanf(line, "%*s %llu %llu %llu %llu %llu %llu %llu %llu", &column[0], &column[1], &column[2],
               &column[3], &column[4], &column[5], &column[6], &column[7]) == 8)
      for (int index = 0; index < 8; index++) total += column[index];
  }
  return total;
}

static uint64_t memory(void) {
  char name[64];
  unsigned long long value, total = 0;
  if (!load("/proc/meminfo")) return 0;
  char *cursor = buffer, *line;
  while ((line = next_line(&cursor)))
    if (sscanf(line, "%63[^:]: %llu", name, &value) == 2) total += value;
  return total;
}

static uint64_t network(void) {
  char name[64], path[128];
  unsigned long long in, out, total = 0;
  if (!load("/proc/net/dev")) return 0;
  char copy[16 * 1024];
  snprintf(copy, sizeof copy, "%s", buffer);
  char *cursor = copy, *line;
  while ((line = next_line(&cursor))) {
    if (sscanf(line, " %63[^:]: %llu %*u %*u %*u %*u %*u %*u %*u %llu", name, &in, &out) != 3) continue;
    total += in + out;
    if (strcmp(name, "lo") == 0 || strncmp(name, "ifb", 3) == 0 || strncmp(name, "veth", 4) == 0) continue;
    snprintf(path, sizeof path, "/sys/class/net/%s/flags", name);
    if (load(path)) total += strtoul(buffer, NULL, 16);
  }
  return total;
}

static uint64_t disks(void) {
  char mountpoint[4096];
  unsigned major, minor;
  unsigned long long value[4], total = 0;
  if (!load("/proc/1/mountinfo")) return 0;
  char *cursor = buffer, *line;
  while ((line = next_line(&cursor))) {
    struct statvfs status;
    if (sscanf(line, "%*u %*u %u:%u %*s %4095s", &major, &minor, mountpoint) == 3 && major != 0 &&
        statvfs(mountpoint, &status) == 0)
      total += status.f_blocks - status.f_bfree;
  }
  if (!load("/proc/diskstats")) return total;
  cursor = buffer;
  while ((line = next_line(&cursor)))
    if (sscanf(line, "%u %u %*s %llu %*u %llu %*u %llu %*u %llu", &major, &minor, &value[0], &value[1],
               &value[2], &value[3]) == 6)
      total += value[0] + value[1] + value[2] + value[3];
  return total;
}

uint64_t snapshot_floor(void) {
  uint64_t total = processors() + memory() + network() + disks();
  double one, five, fifteen;
  if (load("/proc/loadavg") && sscanf(buffer, "%lf %lf %lf", &one, &five, &fifteen) == 3) total += (uint64_t)one;
  if (load("/proc/uptime") && sscanf(buffer, "%lf", &one) == 1) total += (uint64_t)one;
  if (load("/proc/pressure/cpu")) total += strlen(buffer);
  if (load("/proc/pressure/memory")) total += strlen(buffer);
  if (load("/proc/pressure/io")) total += strlen(buffer);
  return total;
}

uint64_t snapshot_floor_reads(void) {
  uint64_t total = 0;
  for (size_t index = 0; index < sizeof files / sizeof *files; index++) total += load(files[index]);
  struct statvfs status;
  if (statvfs("/", &status) == 0) total += status.f_blocks;
  return total;
}
