#include "acquire/account.h"

#include "acquire/proc.h"
#include "base/array.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct uses {
    hf_mapping_use *rows;
    size_t count, capacity;
} uses;

static bool add_use(uses *u, const hf_mapping_use *use)
{
    if (!hf_array_room(&u->rows, u->count, &u->capacity))
        return false;
    u->rows[u->count++] = *use;
    return true;
}

/* "7f31c2a41000-7f31c2a45000 rw-p ..." begins a mapping, "Name:   12 kB" tells of it. */
static bool begins_mapping(const char *line, hf_mapping_use *ret)
{
    char *end;
    unsigned long long start = strtoull(line, &end, 16);
    if (end == line || *end != '-')
        return false;
    const char *second = end + 1;
    unsigned long long stop = strtoull(second, &end, 16);
    if (end == second || *end != ' ' || stop <= start)
        return false;
    *ret = (hf_mapping_use){.start = start, .end = stop};
    return true;
}

/* The kilobytes of a line, in bytes, where it is the one of that name. */
static uint64_t value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ':')
        return 0;
    return strtoull(line + length + 1, NULL, 10) * 1024;
}

hf_err *hf_account_parse_smaps(const char *text, size_t length, hf_account *ret,
                               hf_mapping_use **ret_uses, size_t *ret_count)
{
    uses u = {0};
    hf_mapping_use now = {0};
    HF_AUTO(hf_freep) char *copy = strndup(text ? text : "", length);
    bool good = copy != NULL;
    char *rest = NULL;
    for (char *line = good ? strtok_r(copy, "\n", &rest) : NULL; line && good;
         line = strtok_r(NULL, "\n", &rest)) {
        hf_mapping_use next;
        if (begins_mapping(line, &next)) {
            if (now.anonymous)
                good = add_use(&u, &now);
            now = next;
            ret->known = true;
            continue;
        }
        uint64_t anonymous = value_of(line, "Anonymous");
        now.anonymous += anonymous;
        ret->anonymous += anonymous;
        ret->huge += value_of(line, "AnonHugePages");
        ret->lazy += value_of(line, "LazyFree");
        ret->swap += value_of(line, "Swap");
    }
    if (good && now.anonymous)
        good = add_use(&u, &now);
    if (!good) {
        free(u.rows);
        return hf_fail_memory();
    }
    *ret_uses = u.rows;
    *ret_count = u.count;
    return NULL;
}

static uint64_t status_field(const hf_buf *text, const char *key)
{
    uint64_t kilobytes = 0;
    hf_proc_field((const char *)text->data, text->length, key, &kilobytes);
    return kilobytes * 1024;
}

hf_err *hf_account_of(const hf_process *frozen, const hf_process *original, hf_account *ret,
                      hf_mapping_use **ret_uses, size_t *ret_count)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    HF_AUTO(hf_buf_deinit) hf_buf status = {0};
    hf_account account = {0};
    *ret_uses = NULL;
    *ret_count = 0;
    if (hf_proc_read(frozen->pid, "smaps", &text) == 0) {
        hf_err *err = hf_account_parse_smaps((const char *)text.data, text.length, &account,
                                             ret_uses, ret_count);
        if (err)
            return err;
    }
    if (hf_proc_read(original->pid, "status", &status) == 0) {
        account.file = status_field(&status, "RssFile");
        account.shared = status_field(&status, "RssShmem");
        account.tables = status_field(&status, "VmPTE");
    }
    *ret = account;
    return NULL;
}
