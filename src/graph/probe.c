#include "graph/probe.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "graph/info_codec.h"
#include "graph/sandbox.h"

#include <string.h>

enum { ASKED_MOST = 1 << 16 }; /* bytes of one question */

static hf_sandbox_link *asking; /* in the child */

typedef struct question {
    uint64_t address, size;
} question;

/* In the child: asks for memory that it cannot read itself. */
static bool ask(void *context, uint64_t address, void *bytes, size_t size)
{
    (void)context;
    const question q = {address, size};
    uint8_t known;
    return size <= ASKED_MOST && hf_sandbox_call(asking, &q, sizeof(q)) &&
           hf_sandbox_receive(asking, &known, 1) && known &&
           hf_sandbox_receive(asking, bytes, size);
}

/* In the parent: hands on what stands there. */
static void answer(void *context, int fd, const uint8_t *body, size_t length)
{
    static const uint8_t no = 0, yes = 1;
    question q = {0};
    HF_AUTO(hf_freep) uint8_t *bytes = malloc(ASKED_MOST);
    if (length == sizeof(q))
        memcpy(&q, body, sizeof(q));
    if (!bytes || !q.size || q.size > ASKED_MOST ||
        !hf_target_read(context, q.address, bytes, q.size)) {
        hf_sandbox_send(fd, &no, 1);
        return;
    }
    hf_sandbox_send(fd, &yes, 1);
    hf_sandbox_send(fd, bytes, q.size);
}

/* In the child. */
static void begin_reading(hf_target *live, hf_sandbox_link *link)
{
    asking = link;
    if (hf_target_memory_file(live) < 0)
        hf_target_read_by(live, ask, NULL);
}

static hf_err *probe(void *context, hf_sandbox_link *link, hf_buf *out)
{
    hf_python_probe found;
    begin_reading(context, link);
    hf_err *err = hf_python_probe_live(context, &found);
    if (!err)
        hf_probe_encode(&found, out);
    return err;
}

static hf_err *probe_execution(void *context, hf_sandbox_link *link, hf_buf *out)
{
    hf_execution_plan plan = {0};
    begin_reading(context, link);
    hf_err *err = hf_execution_find(context, &plan);
    if (!err)
        hf_buf_add(out, &plan, sizeof(plan));
    return err;
}

static hf_err *run(hf_target *live,
                   hf_err *(*work)(void *context, hf_sandbox_link *link, hf_buf *out), hf_buf *out)
{
    const hf_target_info *target = hf_target_describe(live);
    const hf_sandbox sandbox = {.uid = target->uid,
                                .gid = target->gid,
                                .fd = hf_target_memory_file(live),
                                .work = work,
                                .call = answer,
                                .context = live};
    return hf_sandbox_run(&sandbox, out);
}

static hf_err *nonsense(hf_target *live)
{
    return hf_fail(HF_ERR_SYSTEM,
                   "process %d could not be looked at: what was said of its Python cannot be",
                   (int)hf_target_describe(live)->pid);
}

hf_err *hf_probe(hf_target *live, hf_python_probe *ret)
{
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    hf_err *err = run(live, probe, &out);
    if (err)
        return err;
    return hf_probe_decode(out.data, out.length, ret) ? NULL : nonsense(live);
}

hf_err *hf_probe_execution(hf_target *live, hf_execution_plan *ret)
{
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    hf_execution_plan plan;
    hf_err *err = run(live, probe_execution, &out);
    if (err)
        return err;
    if (out.length != sizeof(plan))
        return nonsense(live);
    memcpy(&plan, out.data, sizeof(plan));
    if (!hf_execution_plan_is_sound(&plan))
        return nonsense(live);
    *ret = plan;
    return NULL;
}

void hf_probe_encode(const hf_python_probe *p, hf_buf *out)
{
    const hf_snapshot_info info = {.python = p->python};
    hf_info_encode(&info, out);
    hf_buf_varint(out, p->rest_count);
    for (size_t i = 0; i < p->rest_count; i++) {
        hf_buf_varint(out, p->rest[i].address);
        hf_buf_varint(out, p->rest[i].size);
        hf_buf_varint(out, p->rest[i].wanted);
        hf_buf_varint(out, p->rest[i].required);
    }
}

/* It is printed as it is. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

bool hf_probe_decode(const uint8_t *bytes, size_t length, hf_python_probe *ret)
{
    hf_cursor c = hf_cursor_over(bytes, length);
    hf_snapshot_info info;
    hf_info_texts texts;
    hf_python_probe p = {0};
    if (!hf_info_decode(&c, &info, &texts) || !is_plain(info.python.version) ||
        !is_plain(info.python.table))
        return false;
    p.python = info.python;
    p.rest_count = hf_cursor_varint(&c);
    if (p.rest_count > sizeof(p.rest) / sizeof(*p.rest))
        return false;
    for (size_t i = 0; i < p.rest_count; i++) {
        hf_rest_word *word = &p.rest[i];
        word->address = hf_cursor_varint(&c);
        uint64_t size = hf_cursor_varint(&c);
        word->wanted = hf_cursor_varint(&c);
        word->required = hf_cursor_varint(&c) != 0;
        if (size != 1 && size != 4 && size != 8)
            return false;
        word->size = (uint32_t)size;
    }
    if (c.bad || hf_cursor_left(&c))
        return false;
    *ret = p;
    return true;
}
