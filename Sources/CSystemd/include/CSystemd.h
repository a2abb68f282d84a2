#ifndef CSYSTEMD_H
#define CSYSTEMD_H

#include <stdint.h>
#include <systemd/sd-bus.h>

// The functions of sd-bus(3) that the agent uses. libsystemd is opened at run time, so that the agent starts on machines
// without it. Each function wraps the one of sd-bus(3) with the same name, and may be called only after csd_open has
// returned null.

/// Opens libsystemd.so.0 once. Returns null, or the reason of a failure. Thread-safe.
const char *csd_open(void);

int csd_bus_open_system(sd_bus **bus);
/// sd_bus_close(3) and sd_bus_unref(3): drops unsent messages and does not block.
void csd_bus_close(sd_bus *bus);
int csd_bus_is_open(sd_bus *bus);
int csd_bus_get_fd(sd_bus *bus);
int csd_bus_get_events(sd_bus *bus);
/// CLOCK_MONOTONIC in microseconds; UINT64_MAX for none.
int csd_bus_get_timeout(sd_bus *bus, uint64_t *usec);
int csd_bus_process(sd_bus *bus);
/// `usec`: the timeout; UINT64_MAX for none.
int csd_bus_call_async(
    sd_bus *bus, sd_bus_slot **slot, sd_bus_message *message, sd_bus_message_handler_t callback,
    void *userdata, uint64_t usec);
int csd_bus_add_match_async(
    sd_bus *bus, sd_bus_slot **slot, const char *match, sd_bus_message_handler_t callback, void *userdata);
void csd_bus_slot_unref(sd_bus_slot *slot);

int csd_message_new_method_call(
    sd_bus *bus, sd_bus_message **message, const char *destination, const char *path,
    const char *interface, const char *member);
void csd_message_unref(sd_bus_message *message);
int csd_message_append_basic(sd_bus_message *message, char type, const void *value);
int csd_message_open_container(sd_bus_message *message, char type, const char *contents);
int csd_message_close_container(sd_bus_message *message);

const sd_bus_error *csd_message_get_error(sd_bus_message *message);
const char *csd_message_get_path(sd_bus_message *message);
const char *csd_message_get_member(sd_bus_message *message);
const char *csd_message_get_sender(sd_bus_message *message);
int csd_message_read_basic(sd_bus_message *message, char type, void *value);
int csd_message_enter_container(sd_bus_message *message, char type, const char *contents);
int csd_message_exit_container(sd_bus_message *message);
int csd_message_skip(sd_bus_message *message, const char *types);
int csd_message_peek_type(sd_bus_message *message, char *type, const char **contents);

#endif
