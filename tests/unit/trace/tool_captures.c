/* tool_captures FOLDER - writes the captures that the golden transcripts and tests of reports are
 * made from: monday and tuesday, two runs of a shop of two processes, of which tuesday's keeps
 * more; and hostile, whose names steer terminals and end scripts. */
#include "trace/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 64 };

typedef struct run {
    hf_capture *c;
    uint32_t process;
} run;

static void *rows(size_t size)
{
    void *made = calloc(ROWS, size);
    if (!made)
        exit(3);
    return made;
}

static uint32_t text_of(run *r, const char *text)
{
    return hf_strtab_add(&r->c->texts, text, strlen(text));
}

static void begin(run *r)
{
    if (hf_capture_new(&r->c))
        exit(3);
    r->c->codes = rows(sizeof(*r->c->codes));
    r->c->processes = rows(sizeof(*r->c->processes));
    r->c->nodes = rows(sizeof(*r->c->nodes));
    r->c->counts = rows(sizeof(*r->c->counts));
    r->c->intervals = rows(sizeof(*r->c->intervals));
    r->c->changes = rows(sizeof(*r->c->changes));
    r->c->info = (hf_trace_info){.start = 1764000000000000000, .length = 8000000000};
}

static uint32_t put_code(run *r, const char *file, const char *name, uint32_t line)
{
    r->c->codes[r->c->code_count] = (hf_code){text_of(r, file), text_of(r, name), line};
    return (uint32_t)r->c->code_count++;
}

static uint32_t put_node(run *r, hf_node_kind kind, uint32_t parent, uint32_t code, uint32_t line)
{
    r->c->nodes[r->c->node_count] = (hf_node){parent, code, line, r->process, kind};
    return (uint32_t)r->c->node_count++;
}

static uint32_t put_process(run *r, int64_t pid, uint32_t parent, const char *command)
{
    r->process = (uint32_t)r->c->process_count++;
    r->c->processes[r->process] = (hf_traced_process){.pid = pid,
                                                      .parent = parent,
                                                      .root = (uint32_t)r->c->node_count,
                                                      .command = text_of(r, command),
                                                      .version = 0x030d00f0,
                                                      .flags = HF_TRACED_FREE_LISTS,
                                                      .start = r->process * 500000000ULL,
                                                      .end = 8000000000};
    return put_node(r, HF_NODE_PROCESS, HF_NODE_NONE, 0, 0);
}

/* So many blocks of `size` bytes: in all, live at the end, at the peak, thrown away at once. */
static void put_blocks(run *r, uint32_t node, uint64_t size, uint64_t all, uint64_t live,
                       uint64_t peak, uint64_t temporary)
{
    r->c->counts[node] = (hf_counts){
        {size * all, all}, {size * live, live}, {size * peak, peak}, {size * temporary, temporary}};
    r->c->info.peak += size * peak;
    r->c->processes[r->process].peak += size * peak;
}

static void put_change(run *r, uint32_t node, int64_t blocks, int64_t size)
{
    r->c->changes[r->c->change_count++] = (hf_change){node, blocks * size, blocks};
}

static void end_interval(run *r, uint64_t time)
{
    hf_interval last =
        r->c->interval_count ? r->c->intervals[r->c->interval_count - 1] : (hf_interval){0};
    hf_interval next = {time, last.live, last.first_change + last.change_count, 0};
    next.change_count = r->c->change_count - next.first_change;
    for (size_t i = next.first_change; i < r->c->change_count; i++)
        next.live += (uint64_t)r->c->changes[i].bytes;
    r->c->intervals[r->c->interval_count++] = next;
}

static void end(run *r, const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.hftrace", folder, name);
    hf_err *err = hf_capture_write(r->c, path);
    if (err) {
        fprintf(stderr, "tool_captures: %s\n", hf_err_message(err));
        exit(3);
    }
    hf_capture_free(r->c);
}

/* quotes: how many the cache keeps. */
static void put_shop(run *r, uint64_t quotes)
{
    uint32_t module = put_code(r, "/srv/shop/service.py", "<module>", 1);
    uint32_t serve = put_code(r, "/srv/shop/service.py", "Service.serve", 30);
    uint32_t quote = put_code(r, "/srv/shop/pricing.py", "quote_for", 38);
    uint32_t dumps = put_code(r, "/usr/lib/python3.13/json/encoder.py", "JSONEncoder.encode", 183);
    uint32_t find = put_code(r, "<frozen importlib._bootstrap>", "_find_and_load", 1349);
    uint32_t code = put_code(r, "<frozen importlib._bootstrap_external>", "get_code", 950);
    uint32_t root = put_process(r, 4711, UINT32_MAX, "python3 service.py");
    uint32_t main_line = put_node(r, HF_NODE_PYTHON, root, module, 60);
    uint32_t serving = put_node(r, HF_NODE_PYTHON, main_line, serve, 41);
    uint32_t quoting = put_node(r, HF_NODE_PYTHON, serving, quote, 42);
    uint32_t replying = put_node(r, HF_NODE_PYTHON, main_line, serve, 44);
    uint32_t encoding = put_node(r, HF_NODE_PYTHON, replying, dumps, 200);
    uint32_t buffers = put_node(r, HF_NODE_NATIVE, encoding, 0, 0);
    uint32_t importing = put_node(r, HF_NODE_PYTHON, main_line, find, 1360);
    uint32_t compiled = put_node(r, HF_NODE_PYTHON, importing, code, 990);
    put_blocks(r, root, 64, 500, 400, 450, 0);
    put_blocks(r, quoting, 512, 3 * quotes, quotes, quotes, quotes);
    put_blocks(r, encoding, 1000, 30000, 0, 12, 29000);
    put_blocks(r, buffers, 65536, 40, 1, 2, 0);
    put_blocks(r, compiled, 128, 9000, 8000, 8000, 100);
    uint32_t worker = put_process(r, 4712, 0, "python3 service.py --worker");
    uint32_t worker_line = put_node(r, HF_NODE_PYTHON, worker, module, 60);
    uint32_t worker_quoting = put_node(r, HF_NODE_PYTHON, worker_line, quote, 42);
    put_blocks(r, worker_quoting, 512, 4000, 1000, 1500, 0);
    put_change(r, root, 450, 64);
    put_change(r, compiled, 8000, 128);
    end_interval(r, 1000000000);
    for (uint64_t i = 0; i < 4; i++) {
        put_change(r, quoting, (int64_t)quotes / 4, 512);
        if (i == 2)
            put_change(r, worker_quoting, 1500, 512);
        end_interval(r, (2 + i) * 1000000000);
    }
    put_change(r, root, -50, 64);
    put_change(r, worker_quoting, -500, 512);
    end_interval(r, 8000000000);
    r->c->info.peak_time = 5000000000;
    r->c->info.peak_slack = 100000000;
}

static void put_hostile(run *r)
{
    static const char file[] = "</script><script>alert(1)</script>.py";
    uint32_t evil = put_code(r, file, "\033]0;owned\007<img src=x onerror=alert(2)>", 1);
    uint32_t broken = put_code(r, "a;b\nc \xff\xfe.py", "'\"&lt;__proto__\r\n\xe2\x80\xae", 1);
    uint32_t root = put_process(r, 1, UINT32_MAX, "python3 -c \"\033[31m\"");
    uint32_t outer = put_node(r, HF_NODE_PYTHON, root, evil, 7);
    uint32_t inner = put_node(r, HF_NODE_PYTHON, outer, broken, 8);
    put_blocks(r, outer, 100, 10, 5, 8, 1);
    put_blocks(r, inner, 1ULL << 40, 3, 1, 2, 1);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: tool_captures FOLDER\n");
        return 2;
    }
    run r = {0};
    begin(&r);
    put_shop(&r, 4000);
    end(&r, argv[1], "monday");
    begin(&r);
    put_shop(&r, 10000);
    end(&r, argv[1], "tuesday");
    begin(&r);
    put_hostile(&r);
    end(&r, argv[1], "hostile-run");
    begin(&r);
    end(&r, argv[1], "empty");
    return 0;
}
