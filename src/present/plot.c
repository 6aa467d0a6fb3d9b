/* present/plot.c - see present/plot.h. */
#include "present/plot.h"

#include "base/cleanup.h"
#include "present/page.h"

#include <string.h>

enum { ROWS = 12, COLUMNS = 72, LABEL = 12, POINTS = 1200, PROCESSES = 20, EIGHTHS = 8 };

hf_err *hf_plot_make(const hf_capture *c, const char *title, uint32_t process, hf_plot *ret)
{
    if (!c->interval_count)
        return hf_fail(HF_ERR_USAGE, "this capture has no timeline");
    hf_plot p HF_AUTO(hf_plot_deinit) = {.capture = c, .title = title, .process = process};
    hf_err *err = hf_capture_live(c, process, &p.live);
    if (!err && c->resident_count)
        err = hf_capture_resident(c, process, &p.resident);
    if (err)
        return err;
    *ret = p;
    p.live = p.resident = NULL;
    return NULL;
}

void hf_plot_deinit(hf_plot *p)
{
    free(p->live);
    free(p->resident);
}

static double seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e9;
}

/* The largest of the values in each of `count` equal parts of the time; where a part has none,
 * that of before. */
static void spread(const hf_plot *p, const uint64_t *values, uint64_t *ret, size_t count)
{
    const hf_interval *intervals = p->capture->intervals;
    size_t last = p->capture->interval_count - 1, i = 0;
    double length = (double)intervals[last].time;
    uint64_t now = 0;
    for (size_t part = 0; part < count; part++) {
        double end = length * (double)(part + 1) / (double)count;
        bool any = false;
        for (; i <= last && ((double)intervals[i].time <= end || part + 1 == count); i++) {
            ret[part] = any && ret[part] > values[i] ? ret[part] : values[i];
            now = values[i];
            any = true;
        }
        if (!any)
            ret[part] = now;
    }
}

static size_t largest(const uint64_t *values, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found = values[i] > values[found] ? i : found;
    return found;
}

/* A cell of the picture: filled up to an eighth for what is held, a point for what is resident. */
static const char *cell(uint64_t held, uint64_t resident, size_t row, uint64_t most)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double unit = (double)most / ROWS;
    double filled = ((double)held - unit * (double)row) / unit;
    size_t eighths = filled >= 1 ? EIGHTHS : filled > 0 ? (size_t)(filled * EIGHTHS + 0.5) : 0;
    if (eighths || !resident)
        return blocks[eighths];
    double point = (double)resident / unit;
    size_t at = point >= ROWS ? ROWS - 1 : (size_t)point;
    return at == row ? "·" : " ";
}

static void show_picture(hf_text *t, const hf_plot *p, const uint64_t *held,
                         const uint64_t *resident, size_t columns)
{
    uint64_t most = held[largest(held, columns)];
    uint64_t above = resident ? resident[largest(resident, columns)] : 0;
    most = above > most ? above : most;
    most = most ? most : 1;
    for (size_t row = ROWS; row-- > 0;) {
        bool labelled = (row + 1) % 3 == 0;
        uint64_t value = (uint64_t)((double)most / ROWS * (double)(row + 1));
        hf_text_print(t, "%*s │", LABEL, labelled ? hf_format_bytes(value).text : "");
        size_t end = columns;
        while (end &&
               strcmp(cell(held[end - 1], resident ? resident[end - 1] : 0, row, most), " ") == 0)
            end--;
        for (size_t i = 0; i < end; i++)
            hf_text_print(t, "%s", cell(held[i], resident ? resident[i] : 0, row, most));
        hf_text_print(t, "\n");
    }
    hf_text_print(t, "%*s └", LABEL, "");
    for (size_t i = 0; i < columns; i++)
        hf_text_print(t, "─");
    const hf_capture *c = p->capture;
    hf_format_label length = hf_format_seconds(seconds(c->intervals[c->interval_count - 1].time));
    hf_text_print(t, "\n%*s  0 s%*s\n", LABEL, "", (int)columns - 3, length.text);
}

typedef struct margin_label {
    char text[64];
} margin_label;

/* " give or take 12.0 KiB" of a sampled run, else nothing. */
static margin_label margin_text(const hf_capture *c, uint64_t bytes)
{
    margin_label label = {""};
    uint64_t margin = hf_capture_margin(c, bytes);
    if (margin)
        snprintf(label.text, sizeof(label.text), " give or take %s", hf_format_bytes(margin).text);
    return label;
}

void hf_plot_show_text(hf_text *t, const hf_plot *p)
{
    const hf_capture *c = p->capture;
    size_t peak = largest(p->live, c->interval_count), columns = COLUMNS;
    if (t->columns > LABEL + 2 && t->columns < COLUMNS + LABEL + 3)
        columns = t->columns - LABEL - 3;
    HF_AUTO(hf_freep) uint64_t *held = calloc(columns, sizeof(*held));
    HF_AUTO(hf_freep) uint64_t *resident = p->resident ? calloc(columns, sizeof(*held)) : NULL;
    if (!held || (p->resident && !resident))
        return;
    spread(p, p->live, held, columns);
    if (resident)
        spread(p, p->resident, resident, columns);
    hf_text_untrusted(t, p->title);
    if (p->process != UINT32_MAX)
        hf_text_print(t, ", process %lld", (long long)c->processes[p->process].pid);
    hf_text_print(t, ": most held %s%s, %s after the start", hf_format_bytes(p->live[peak]).text,
                  margin_text(c, p->live[peak]).text,
                  hf_format_seconds(seconds(c->intervals[peak].time)).text);
    if (p->resident) {
        size_t most = largest(p->resident, c->interval_count);
        hf_text_print(t, "; most resident %s, at %s", hf_format_bytes(p->resident[most]).text,
                      hf_format_seconds(seconds(c->intervals[most].time)).text);
    }
    hf_text_print(t, "\n\n");
    show_picture(t, p, held, resident, columns);
    hf_text_print(t, "\n%*s  █ allocated and not freed%s\n", LABEL, "",
                  resident ? "   · resident, as the kernel counts it" : "");
}

/* Which intervals a page shows: all, or the one with most held of each of POINTS parts. */
static size_t choose_points(const hf_plot *p, size_t *ret)
{
    size_t count = p->capture->interval_count, kept = 0;
    if (count <= POINTS) {
        for (; kept < count; kept++)
            ret[kept] = kept;
        return count;
    }
    for (size_t part = 0; part < POINTS; part++) {
        size_t start = part * count / POINTS, end = (part + 1) * count / POINTS;
        if (part + 1 == POINTS)
            ret[kept++] = count - 1; /* how it ended */
        else
            ret[kept++] = start + largest(p->live + start, end - start);
    }
    return kept;
}

static void put_numbers(hf_json *j, const char *key, const uint64_t *values, const size_t *points,
                        size_t count)
{
    hf_json_array(j, key);
    for (size_t i = 0; values && i < count; i++)
        hf_json_uint(j, NULL, values[points[i]]);
    hf_json_end(j);
}

static int by_peak(const void *a, const void *b)
{
    const hf_traced_process *const *x = a, *const *y = b;
    return (*x)->peak < (*y)->peak ? 1 : (*x)->peak > (*y)->peak ? -1 : *x < *y ? -1 : *x > *y;
}

/* Each process by itself, where there are several: those of the largest peaks. */
static hf_err *put_processes(hf_json *j, const hf_plot *p, const size_t *points, size_t count)
{
    const hf_capture *c = p->capture;
    HF_AUTO(hf_freep)
    const hf_traced_process **largest_first =
        malloc((c->process_count + 1) * sizeof(*largest_first));
    if (!largest_first)
        return hf_fail_memory();
    for (size_t i = 0; i < c->process_count; i++)
        largest_first[i] = &c->processes[i];
    qsort(largest_first, c->process_count, sizeof(*largest_first), by_peak);
    hf_err *err = NULL;
    hf_json_array(j, "processes");
    for (size_t i = 0; i < c->process_count && i < PROCESSES && !err; i++) {
        uint32_t number = (uint32_t)(largest_first[i] - c->processes);
        if (p->process != UINT32_MAX && p->process != number)
            continue;
        hf_plot one HF_AUTO(hf_plot_deinit) = {0};
        if ((err = hf_plot_make(c, "", number, &one)))
            break;
        hf_buf name HF_AUTO(hf_buf_deinit) = {0};
        hf_buf_format(&name, "%lld  ", (long long)c->processes[number].pid);
        hf_buf_add(&name, hf_strtab_get(&c->texts, c->processes[number].command),
                   hf_strtab_length(&c->texts, c->processes[number].command));
        hf_json_object(j, NULL);
        hf_json_text_n(j, "name", hf_buf_string(&name), name.length);
        put_numbers(j, "live", one.live, points, count);
        put_numbers(j, "resident", one.resident, points, count);
        hf_json_end(j);
    }
    hf_json_end(j);
    return err;
}

static hf_err *put_data(hf_json *j, const hf_plot *p, bool all)
{
    const hf_capture *c = p->capture;
    size_t peak = largest(p->live, c->interval_count), count = c->interval_count, shown = 0;
    HF_AUTO(hf_freep) size_t *points = malloc((count + POINTS) * sizeof(*points));
    if (!points)
        return hf_fail_memory();
    for (size_t i = 0; i < count; i++)
        points[i] = i;
    if (!all)
        count = choose_points(p, points);
    for (size_t i = 0; i < count; i++)
        shown = points[i] <= peak ? i : shown;
    hf_buf about HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&about, "most held %s%s, %s after the start of the run",
                  hf_format_bytes(p->live[peak]).text, margin_text(c, p->live[peak]).text,
                  hf_format_seconds(seconds(c->intervals[peak].time)).text);
    hf_json_object(j, NULL);
    hf_json_text(j, "title", p->title);
    hf_json_text(j, "about", hf_buf_string(&about));
    hf_json_uint(j, "peak", shown);
    hf_json_uint(j, "sample", c->info.mode == HF_TRACE_SAMPLED ? c->info.sample_bytes : 0);
    hf_json_array(j, "times");
    for (size_t i = 0; i < count; i++)
        hf_json_real(j, NULL, seconds(c->intervals[points[i]].time));
    hf_json_end(j);
    put_numbers(j, "live", p->live, points, count);
    put_numbers(j, "resident", p->resident, points, count);
    hf_err *err = put_processes(j, p, points, count);
    hf_json_end(j);
    return err;
}

void hf_plot_show_json(hf_json *j, const hf_plot *p)
{
    hf_err_free(put_data(j, p, true));
}

hf_err *hf_plot_write(const hf_plot *p, FILE *out)
{
    HF_AUTO(hf_freep) char *json = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&json, &length);
    if (!memory)
        return hf_fail_memory();
    hf_json j;
    hf_json_init(&j, memory);
    hf_err *err = put_data(&j, p, false);
    if (fclose(memory) && !err)
        err = hf_fail_memory();
    return err ? err : hf_page_write(out, HF_PAGE_PLOT, p->title, json, length);
}
