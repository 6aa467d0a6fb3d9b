/* What of acquire/core.h parses: a target is put together from a core file and binaries. */
#include "acquire/core.h"
#include "acquire/core_facts.h"
#include "acquire/core_plan.h"
#include "acquire/inside.h"
#include "acquire/rest.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/page.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

/* C libraries keep pages of secrets for random numbers out of every core file. */
enum { LEFT_OUT_TOLD = 64 * 1024 };

enum { PAGE = HF_PAGE_SIZE, MISSING_MAX = 64 * 1024, MISSING_FILES = 32 };

typedef struct assembly {
    const hf_core_input *in;
    hf_core_file core;
    hf_core_plan plan;
    const hf_candidate **chosen; /* of each need; NULL where none proved to be it */
    size_t *need_of;             /* of each path: its number + 1, or 0 */
    hf_segment *segments;
    size_t segment_count;
    uint64_t left_out;     /* bytes of anonymous memory */
    size_t unread;         /* files of which something cannot be read */
    hf_buf missing, files; /* lines: of the whole, and of single files */
    hf_target *target;
} assembly;

static void assembly_deinit(assembly *a)
{
    free(a->chosen);
    free(a->need_of);
    free(a->segments);
    hf_buf_deinit(&a->missing);
    hf_buf_deinit(&a->files);
    hf_core_plan_deinit(&a->plan);
    hf_core_file_deinit(&a->core);
    hf_target_free(a->target);
}

static hf_err *parse(const hf_core_input *in, hf_core_file *core, hf_core_plan *plan)
{
    hf_err *err = hf_core_file_parse(in->bytes, in->size, core);
    return err ? err : hf_core_plan_of(core, plan);
}

hf_err *hf_core_survey(const hf_core_input *in, hf_buf *ret)
{
    hf_core_file core HF_AUTO(hf_core_file_deinit) = {0};
    hf_core_plan plan HF_AUTO(hf_core_plan_deinit) = {0};
    hf_err *err = parse(in, &core, &plan);
    if (err)
        return err;
    hf_buf_varint(ret, plan.need_count);
    for (size_t i = 0; i < plan.need_count; i++) {
        const hf_core_need *need = &plan.needs[i];
        size_t length = hf_strtab_length(&core.paths, need->path);
        hf_buf_varint(ret, length);
        hf_buf_add(ret, hf_strtab_get(&core.paths, need->path), length);
        hf_buf_char(ret, (char)need->id.length);
        hf_buf_add(ret, need->id.bytes, need->id.length);
    }
    return NULL;
}

/* Names a binary, and what was wrong with the last file that was taken for it. */
static void tell_unread(assembly *a, const hf_core_need *need, const hf_candidate *wrong,
                        const char *what)
{
    if (a->unread++ >= MISSING_FILES)
        return;
    char id[HF_BUILD_ID_TEXT];
    hf_build_id_text(&need->id, id);
    hf_buf_format(&a->files, "%s (%s%s): %s%s%s; what it holds cannot be read\n",
                  hf_strtab_get(&a->core.paths, need->path),
                  *id ? "build-id " : "no build-id known", id, wrong ? wrong->name : "",
                  wrong ? " " : "", what);
}

static const char *what_is_wrong(hf_binary_match match)
{
    switch (match) {
    case HF_BINARY_OTHER:
        return "is another build";
    case HF_BINARY_STRIPPED:
        return "holds only debug information";
    case HF_BINARY_UNPROVEN:
        return "cannot be told from another build (if it is the right one, name its folder with "
               "--sysroot)";
    default:
        return "is no ELF file of this kind of machine";
    }
}

/* Many files are only mapped to be read; what is missing of them nobody needs. */
static bool is_binary_name(const hf_core_file *core, uint32_t path)
{
    const char *name = strrchr(hf_strtab_get(&core->paths, path), '/');
    return name && strstr(name, ".so");
}

static void choose(assembly *a, size_t number)
{
    const hf_core_need *need = &a->plan.needs[number];
    const hf_candidate *wrong = NULL;
    hf_binary_match why = HF_BINARY_NONE;
    for (size_t i = 0; i < a->in->candidate_count; i++) {
        const hf_candidate *c = &a->in->candidates[i];
        if (c->need != number)
            continue;
        hf_binary_match match = hf_binary_compare(c->bytes, c->size, need->header,
                                                  need->header_size, need->header_written);
        if (match == HF_BINARY_ALIKE)
            hf_buf_format(
                &a->files,
                "%s: its build-id is not in the core file; %s has the same headers and is "
                "taken for it\n",
                hf_strtab_get(&a->core.paths, need->path), c->name);
        if (match <= HF_BINARY_ALIKE || (match == HF_BINARY_UNPROVEN && c->vouched)) {
            a->chosen[number] = c;
            return;
        }
        if (!wrong || match < why) {
            wrong = c;
            why = match;
        }
    }
    if (!need->likely && (wrong ? why == HF_BINARY_NONE : !is_binary_name(&a->core, need->path)))
        return;
    tell_unread(a, need, wrong, wrong ? what_is_wrong(why) : "not found");
}

/* The part of the piece, from `from` on, that its binary has. */
static const uint8_t *bytes_of_binary(const hf_candidate *binary, const hf_core_piece *piece,
                                      uint64_t from, uint64_t *ret_size)
{
    *ret_size = 0;
    uint64_t offset = hf_core_piece_offset(piece) + (from - piece->start);
    /* The page that the file ends in is mapped whole. */
    uint64_t size = (binary->size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    if (offset >= size)
        return NULL;
    uint64_t wanted = piece->end - from, have = size - offset;
    *ret_size = have < wanted ? have : wanted;
    return binary->bytes + offset;
}

static void add_segment(assembly *a, uint64_t start, const uint8_t *bytes, uint64_t size)
{
    if (!size)
        return;
    hf_segment *last = a->segment_count ? &a->segments[a->segment_count - 1] : NULL;
    if (last && last->end == start && last->bytes + (last->end - last->start) == bytes)
        last->end += size;
    else
        a->segments[a->segment_count++] =
            (hf_segment){.start = start, .end = start + size, .bytes = bytes};
}

/* The kernel writes the first page of a binary, so that it can be known; what follows is in the
 * file. Where both hold the same they are taken from one, so that no text is cut in two. */
static void add_bytes(assembly *a, const hf_core_piece *piece, const hf_candidate *binary)
{
    uint64_t have, more = 0, from = hf_core_piece_left_out(piece);
    const uint8_t *bytes = hf_core_piece_bytes(&a->core, piece, &have);
    const uint8_t *rest = NULL;
    if (binary && from < piece->end)
        rest = bytes_of_binary(binary, piece, from, &more);
    uint64_t before = from - piece->start;
    if (rest && have == before && before <= (uint64_t)(rest - binary->bytes) &&
        !memcmp(bytes ? bytes : rest, rest - before, have)) {
        add_segment(a, piece->start, rest - before, before + more);
        return;
    }
    add_segment(a, piece->start, bytes, have);
    add_segment(a, from, rest, more);
}

static hf_mapping describe(const hf_core_piece *piece, const hf_candidate *binary)
{
    hf_mapping m = {.start = piece->start, .end = piece->end, .path = ""};
    if (piece->mapped) {
        m.file_offset = hf_core_piece_offset(piece);
        m.inode = piece->mapped->path + (uint64_t)1; /* files are told apart by their path */
    }
    if (piece->load) {
        m.readable = piece->load->readable;
        m.writable = piece->load->writable;
        m.executable = piece->load->executable;
        return m;
    }
    uint32_t flags = 0;
    if (binary)
        flags = hf_binary_flags(binary->bytes, binary->size, m.file_offset);
    m.readable = true;
    m.executable = flags & PF_X;
    return m;
}

static void take_piece(assembly *a, const hf_core_piece *piece)
{
    size_t need = piece->mapped ? a->need_of[piece->mapped->path] : 0;
    const hf_candidate *binary = need ? a->chosen[need - 1] : NULL;
    hf_mapping m = describe(piece, binary);
    a->target->maps.items[a->target->maps.count++] = m;
    if (!hf_core_piece_wanted(piece, m.readable, m.writable, m.executable))
        return;
    if (!piece->mapped && m.writable)
        a->left_out += piece->end - hf_core_piece_left_out(piece);
    add_bytes(a, piece, binary);
}

/* The mappings' paths, in a text that the target owns. */
static hf_err *name_mappings(assembly *a)
{
    hf_maps *maps = &a->target->maps;
    const hf_strtab *paths = &a->core.paths;
    HF_AUTO(hf_freep) size_t *places = calloc(paths->count + (size_t)1, sizeof(*places));
    size_t length = 1;
    for (uint32_t i = 0; places && i < paths->count; i++) {
        places[i] = length;
        length += hf_strtab_length(paths, i) + 1;
    }
    maps->text = places ? calloc(1, length) : NULL;
    if (!maps->text)
        return hf_fail_memory();
    for (uint32_t i = 0; i < paths->count; i++)
        memcpy(maps->text + places[i], hf_strtab_get(paths, i), hf_strtab_length(paths, i));
    for (size_t i = 0; i < maps->count; i++)
        if (maps->items[i].inode)
            maps->items[i].path = maps->text + places[maps->items[i].inode - 1];
    return NULL;
}

static bool is_zero(const uint8_t *page, size_t size)
{
    return !page[0] && !memcmp(page, page + 1, size - 1);
}

/* Pages that are in the core file and not all zero: what the process had resident, about. */
static void measure(const assembly *a, hf_target_info *info)
{
    for (size_t i = 0; i < a->plan.piece_count; i++) {
        const hf_core_piece *piece = &a->plan.pieces[i];
        uint64_t have, resident = 0;
        const uint8_t *bytes = hf_core_piece_bytes(&a->core, piece, &have);
        for (uint64_t at = 0; at < have; at += PAGE) {
            uint64_t n = have - at < PAGE ? have - at : PAGE;
            resident += is_zero(bytes + at, n) ? 0 : n;
        }
        info->rss += resident;
        if (piece->load && (!piece->mapped || piece->load->writable))
            info->anonymous += resident;
    }
}

static const char *text_or_empty(const char *text)
{
    const char *copy = text && *text ? strdup(text) : NULL;
    return copy ? copy : "";
}

static void tell_missing(assembly *a)
{
    const hf_core_file *core = &a->core;
    if (core->present < core->written)
        hf_buf_format(&a->missing,
                      "the core file was cut off: %llu of its %llu KiB of memory are missing (a "
                      "limit on core files, or a full disk)\n",
                      (unsigned long long)((core->written - core->present) >> 10),
                      (unsigned long long)(core->written >> 10));
    if (a->left_out >= LEFT_OUT_TOLD)
        hf_buf_format(&a->missing,
                      "%llu KiB of anonymous memory were not written to the core file "
                      "(coredump_filter, or MADV_DONTDUMP)\n",
                      (unsigned long long)(a->left_out >> 10));
    if (core->odd)
        hf_buf_format(&a->missing, "%zu program headers contradict others and were left out\n",
                      core->odd);
    hf_buf_add(&a->missing, a->files.data, a->files.length);
    if (a->unread > MISSING_FILES)
        hf_buf_format(&a->missing, "%zu more files are missing\n", a->unread - MISSING_FILES);
}

/* Whether the writer has kept any of the memory that programs work in. */
static bool has_anonymous(const hf_core_file *core)
{
    for (size_t i = 0; i < core->load_count; i++)
        if (core->loads[i].writable && core->loads[i].written &&
            !hf_core_mapped_at(core, core->loads[i].start))
            return true;
    return false;
}

static hf_err *fill_info(assembly *a)
{
    const hf_core_file *core = &a->core;
    hf_target_info *info = &a->target->info;
    info->pid = core->pid ? core->pid : core->thread_count ? core->threads[0].tid : 0;
    info->uid = core->uid;
    info->gid = core->gid;
    const hf_core_mapped *program = core->entry ? hf_core_mapped_at(core, core->entry) : NULL;
    info->executable =
        text_or_empty(program ? hf_strtab_get(&core->paths, program->path) : core->name);
    info->command = text_or_empty(*core->arguments ? core->arguments : core->name);
    measure(a, info);
    hf_thread *threads = calloc(core->thread_count + 1, sizeof(*threads));
    if (!threads)
        return hf_fail_memory();
    if (core->thread_count)
        memcpy(threads, core->threads, core->thread_count * sizeof(*threads));
    info->threads = threads;
    info->thread_count = core->thread_count;
    a->target->freeze.way = HF_WAY_CORE;
    a->target->freeze.taken_at = a->in->modified;
    a->target->freeze.attempts = 1;
    a->target->freeze.bytes_copied = core->present;
    return hf_core_facts_apply(core, a->target);
}

/* AT_RANDOM: 16 bytes which the kernel draws for each program that it starts. */
static void identify(assembly *a)
{
    const uint8_t *random = hf_target_view(a->target, a->core.random, 16);
    if (!a->target->info.start_time && random)
        a->target->info.start_time = hf_load_u64(random) ^ hf_load_u64(random + 8);
}

/* Files of the interpreter's own binary, also those that hold nothing but debug information. */
static void keep_files(assembly *a)
{
    for (size_t i = 0; i < a->in->candidate_count; i++) {
        const hf_candidate *c = &a->in->candidates[i];
        if (c->need >= a->plan.need_count)
            continue;
        const hf_core_need *need = &a->plan.needs[c->need];
        const char *path = hf_strtab_get(&a->core.paths, need->path);
        if (!hf_file_may_be_python(path, a->target->info.executable))
            continue;
        hf_binary_match match = hf_binary_compare(c->bytes, c->size, need->header,
                                                  need->header_size, need->header_written);
        if (match == HF_BINARY_STRIPPED || c == a->chosen[c->need])
            hf_target_add_file(a->target, need->path + (uint64_t)1, c->name, c->bytes, c->size);
    }
}

static hf_err *assemble(assembly *a)
{
    size_t pieces = a->plan.piece_count;
    a->chosen = calloc(a->plan.need_count + 1, sizeof(*a->chosen));
    a->need_of = calloc(a->core.paths.count + (size_t)1, sizeof(*a->need_of));
    a->segments = calloc(2 * pieces + 1, sizeof(*a->segments));
    hf_err *err = hf_target_new(&a->target);
    if (err)
        return err;
    a->target->maps.items = calloc(pieces + 1, sizeof(*a->target->maps.items));
    if (!a->chosen || !a->need_of || !a->segments || !a->target->maps.items)
        return hf_fail_memory();
    for (size_t i = 0; i < a->plan.need_count; i++) {
        a->need_of[a->plan.needs[i].path] = i + 1;
        choose(a, i);
    }
    for (size_t i = 0; i < pieces; i++)
        take_piece(a, &a->plan.pieces[i]);
    err = name_mappings(a);
    if (!err)
        err = fill_info(a);
    if (err)
        return err;
    keep_files(a);
    tell_missing(a);
    while (a->missing.length && a->missing.data[a->missing.length - 1] == '\n')
        a->missing.length--;
    a->target->info.missing = text_or_empty(hf_buf_string(&a->missing));
    err = hf_frozen_init(&a->target->memory, a->segments, a->segment_count, NULL, 0);
    if (err)
        return err;
    a->segments = NULL;
    identify(a);
    return NULL;
}

hf_err *hf_target_open_core(const hf_core_input *in, hf_target **ret)
{
    HF_AUTO(assembly_deinit) assembly a = {.in = in};
    hf_buf_init(&a.missing, MISSING_MAX);
    hf_buf_init(&a.files, MISSING_MAX / 2);
    hf_err *err = parse(in, &a.core, &a.plan);
    /* Then private pages of binaries are missing too, and the binaries hold other bytes
     * in their place. */
    if (!err && !has_anonymous(&a.core))
        err = hf_fail(
            HF_ERR_NOT_PYTHON,
            "no anonymous memory was written to the core file, so it holds no heap: bit 0 of "
            "/proc/PID/coredump_filter was off");
    if (!err)
        err = assemble(&a);
    if (!err)
        *ret = hf_take(a.target);
    return err;
}

void hf_target_note_rest(hf_target *frozen, const hf_rest_word *words, size_t count)
{
    const hf_freeze_options options = {.rest = words, .rest_count = count};
    frozen->freeze.at_rest = hf_rest_in_frozen(frozen, &options);
}
