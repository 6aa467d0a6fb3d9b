#include "acquire/core_plan.h"

#include <stdlib.h>
#include <string.h>

static int by_address(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* All addresses where a load or a mapped file begins or ends, ascending. */
static uint64_t *cuts_of(const hf_core_file *core, size_t *ret_count)
{
    size_t count = 0;
    uint64_t *cuts = calloc(2 * (core->load_count + core->mapped_count), sizeof(*cuts));
    if (!cuts)
        return NULL;
    for (size_t i = 0; i < core->load_count; i++) {
        cuts[count++] = core->loads[i].start;
        cuts[count++] = core->loads[i].end;
    }
    for (size_t i = 0; i < core->mapped_count; i++) {
        cuts[count++] = core->mapped[i].start;
        cuts[count++] = core->mapped[i].end;
    }
    qsort(cuts, count, sizeof(*cuts), by_address);
    *ret_count = count;
    return cuts;
}

static hf_err *cut_pieces(const hf_core_file *core, hf_core_plan *plan)
{
    size_t count = 0;
    uint64_t *cuts = cuts_of(core, &count);
    plan->pieces = cuts ? calloc(count, sizeof(*plan->pieces)) : NULL;
    for (size_t i = 0; plan->pieces && i + 1 < count; i++) {
        hf_core_piece piece = {.start = cuts[i], .end = cuts[i + 1]};
        if (piece.start == piece.end)
            continue;
        piece.load = hf_core_load_at(core, piece.start);
        piece.mapped = hf_core_mapped_at(core, piece.start);
        if (piece.load || piece.mapped)
            plan->pieces[plan->piece_count++] = piece;
    }
    free(cuts);
    return plan->pieces ? NULL : hf_fail_memory();
}

const uint8_t *hf_core_piece_bytes(const hf_core_file *core, const hf_core_piece *piece,
                                   uint64_t *ret_size)
{
    *ret_size = 0;
    if (!piece->load)
        return NULL;
    uint64_t skipped = piece->start - piece->load->start;
    if (skipped >= piece->load->present)
        return NULL;
    uint64_t size = piece->end - piece->start, have = piece->load->present - skipped;
    *ret_size = have < size ? have : size;
    return core->bytes + piece->load->offset + skipped;
}

uint64_t hf_core_piece_left_out(const hf_core_piece *piece)
{
    uint64_t written = piece->load ? piece->load->start + piece->load->written : 0;
    if (written <= piece->start)
        return piece->start;
    return written < piece->end ? written : piece->end;
}

uint64_t hf_core_piece_offset(const hf_core_piece *piece)
{
    return piece->mapped->offset + (piece->start - piece->mapped->start);
}

bool hf_core_piece_wanted(const hf_core_piece *piece, bool readable, bool writable, bool executable)
{
    if (!readable || !executable || writable)
        return readable;
    return piece->mapped && hf_core_piece_offset(piece) == 0;
}

/* What the pieces of one file say together. */
typedef struct about {
    bool lacking;    /* wanted memory of it is not in the core file */
    bool unknown;    /* some of its memory has no permissions told */
    bool executable; /* some of it was */
    const uint8_t *header;
    size_t header_size;
    bool header_written;
} about;

static void look_at(const hf_core_file *core, const hf_core_piece *piece, about *a)
{
    uint64_t have;
    const uint8_t *bytes = hf_core_piece_bytes(core, piece, &have);
    if (!hf_core_piece_offset(piece) && !a->header && bytes && hf_binary_is(bytes, have)) {
        a->header = bytes;
        a->header_size = have;
        a->header_written = piece->load->writable;
    }
    if (!piece->load) {
        a->unknown = a->lacking = true;
        return;
    }
    const hf_core_load *l = piece->load;
    a->executable = a->executable || l->executable;
    if (hf_core_piece_left_out(piece) < piece->end &&
        hf_core_piece_wanted(piece, l->readable, l->writable, l->executable))
        a->lacking = true;
}

static hf_err *find_needs(const hf_core_file *core, hf_core_plan *plan)
{
    about *all = calloc(core->paths.count + (size_t)1, sizeof(*all));
    plan->needs = calloc(core->paths.count + (size_t)1, sizeof(*plan->needs));
    if (!all || !plan->needs) {
        free(all);
        return hf_fail_memory();
    }
    for (size_t i = 0; i < plan->piece_count; i++)
        if (plan->pieces[i].mapped)
            look_at(core, &plan->pieces[i], &all[plan->pieces[i].mapped->path]);
    for (uint32_t path = 0; path < core->paths.count; path++) {
        const about *a = &all[path];
        if (!a->lacking || (!a->executable && !a->header && !a->unknown))
            continue;
        hf_core_need *need = &plan->needs[plan->need_count++];
        *need = (hf_core_need){.path = path,
                               .likely = a->executable || a->header,
                               .header = a->header,
                               .header_size = a->header_size,
                               .header_written = a->header_written};
        if (a->header)
            need->id = hf_build_id_of(a->header, a->header_size);
    }
    free(all);
    return NULL;
}

hf_err *hf_core_plan_of(const hf_core_file *core, hf_core_plan *ret)
{
    hf_core_plan plan = {0};
    hf_err *err = cut_pieces(core, &plan);
    if (!err)
        err = find_needs(core, &plan);
    if (err)
        hf_core_plan_deinit(&plan);
    else
        *ret = plan;
    return err;
}

void hf_core_plan_deinit(hf_core_plan *plan)
{
    free(plan->pieces);
    free(plan->needs);
    *plan = (hf_core_plan){0};
}
