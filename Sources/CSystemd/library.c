#define _GNU_SOURCE
#include "CSystemd.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#define FUNCTIONS(X) \
    X(sd_bus_open_system) \
    X(sd_bus_close) \
    X(sd_bus_unref) \
    X(sd_bus_is_open) \
    X(sd_bus_get_fd) \
    X(sd_bus_get_events) \
    X(sd_bus_get_timeout) \
    X(sd_bus_process) \
    X(sd_bus_call_async) \
    X(sd_bus_add_match_async) \
    X(sd_bus_slot_unref) \
    X(sd_bus_message_new_method_call) \
    X(sd_bus_message_unref) \
    X(sd_bus_message_append_basic) \
    X(sd_bus_message_open_container) \
    X(sd_bus_message_close_container) \
    X(sd_bus_message_get_error) \
    X(sd_bus_message_get_path) \
    X(sd_bus_message_get_member) \
    X(sd_bus_message_get_sender) \
    X(sd_bus_message_read_basic) \
    X(sd_bus_message_enter_container) \
    X(sd_bus_message_exit_container) \
    X(sd_bus_message_skip) \
    X(sd_bus_message_peek_type)

static struct {
#define X(name) __typeof__(&name) name;
    FUNCTIONS(X)
#undef X
} library;

static char missing[256];

static void load(void) {
    void *handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *reason = dlerror();
        snprintf(missing, sizeof(missing), "%s", reason != NULL ? reason : "libsystemd.so.0 cannot be opened");
        return;
    }
#define X(name) \
    library.name = (__typeof__(&name))dlsym(handle, #name); \
    if (library.name == NULL) { \
        snprintf(missing, sizeof(missing), "libsystemd.so.0 has no " #name); \
        return; \
    }
    FUNCTIONS(X)
#undef X
}

const char *csd_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return missing[0] != 0 ? missing : NULL;
}

int csd_bus_open_system(sd_bus **bus) { return library.sd_bus_open_system(bus); }

void csd_bus_close(sd_bus *bus) {
    library.sd_bus_close(bus);
    library.sd_bus_unref(bus);
}

int csd_bus_is_open(sd_bus *bus) { return library.sd_bus_is_open(bus); }
int csd_bus_get_fd(sd_bus *bus) { return library.sd_bus_get_fd(bus); }
int csd_bus_get_events(sd_bus *bus) { return library.sd_bus_get_events(bus); }
int csd_bus_get_timeout(sd_bus *bus, uint64_t *usec) { return library.sd_bus_get_timeout(bus, usec); }
int csd_bus_process(sd_bus *bus) { return library.sd_bus_process(bus, NULL); }

int csd_bus_call_async(
    sd_bus *bus, sd_bus_slot **slot, sd_bus_message *message, sd_bus_message_handler_t callback,
    void *userdata, uint64_t usec) {
    return library.sd_bus_call_async(bus, slot, message, callback, userdata, usec);
}

int csd_bus_add_match_async(
    sd_bus *bus, sd_bus_slot **slot, const char *match, sd_bus_message_handler_t callback, void *userdata) {
    return library.sd_bus_add_match_async(bus, slot, match, callback, NULL, userdata);
}

void csd_bus_slot_unref(sd_bus_slot *slot) { library.sd_bus_slot_unref(slot); }

int csd_message_new_method_call(
    sd_bus *bus, sd_bus_message **message, const char *destination, const char *path,
    const char *interface, const char *member) {
    return library.sd_bus_message_new_method_call(bus, message, destination, path, interface, member);
}

void csd_message_unref(sd_bus_message *message) { library.sd_bus_message_unref(message); }

int csd_message_append_basic(sd_bus_message *message, char type, const void *value) {
    return library.sd_bus_message_append_basic(message, type, value);
}

int csd_message_open_container(sd_bus_message *message, char type, const char *contents) {
    return library.sd_bus_message_open_container(message, type, contents);
}

int csd_message_close_container(sd_bus_message *message) {
    return library.sd_bus_message_close_container(message);
}

const sd_bus_error *csd_message_get_error(sd_bus_message *message) {
    return library.sd_bus_message_get_error(message);
}

const char *csd_message_get_path(sd_bus_message *message) {
    return library.sd_bus_message_get_path(message);
}

const char *csd_message_get_member(sd_bus_message *message) {
    return library.sd_bus_message_get_member(message);
}

const char *csd_message_get_sender(sd_bus_message *message) {
    return library.sd_bus_message_get_sender(message);
}

int csd_message_read_basic(sd_bus_message *message, char type, void *value) {
    return library.sd_bus_message_read_basic(message, type, value);
}

int csd_message_enter_container(sd_bus_message *message, char type, const char *contents) {
    return library.sd_bus_message_enter_container(message, type, contents);
}

int csd_message_exit_container(sd_bus_message *message) {
    return library.sd_bus_message_exit_container(message);
}

int csd_message_skip(sd_bus_message *message, const char *types) {
    return library.sd_bus_message_skip(message, types);
}

int csd_message_peek_type(sd_bus_message *message, char *type, const char **contents) {
    return library.sd_bus_message_peek_type(message, type, contents);
}
