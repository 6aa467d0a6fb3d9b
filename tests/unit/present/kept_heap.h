/* What kept.hfheap has beside the shop: things that are kept for later. Included by tool_fixture.c,
 * whose helpers it uses. */

static uint32_t put_float(shop *s, const char *text)
{
    uint32_t object = made_object(&s->heap, s->real, 32);
    s->heap.objects[object].flags = 0;
    made_value(&s->heap, object, text);
    return object;
}

/* Report.section: 200 keys of 150 instances that nothing else holds, hit four times in ten. */
static void put_lru(shop *s, uint32_t dict)
{
    made_heap *h = &s->heap;
    uint32_t report = made_type(h, "shop.report", "Report");
    uint32_t wrapper = made_object(h, made_type(h, "functools", "_lru_cache_wrapper"), 192);
    uint32_t function = made_object(h, made_type(h, "builtins", "function"), 160);
    uint32_t cache = made_object(h, s->dict, 9312);
    made_value(h, wrapper, "CacheInfo(hits=4120, misses=6180, maxsize=None, currsize=200) typed");
    made_value(h, function, "Report.section (report.py:12)");
    made_edge(h, wrapper, HF_EDGE_FIELD, "cache", 0, cache);
    made_edge(h, wrapper, HF_EDGE_FIELD, "__wrapped__", 0, function);
    uint32_t self = 0;
    for (unsigned i = 0; i < 200; i++) {
        uint32_t key = made_object(h, s->tuple, 64);
        if (i % 4)
            self = made_object(h, report, 1040);
        else if (!i)
            self = made_object(h, report, 1040);
        h->objects[key].length = 2;
        made_edge(h, key, HF_EDGE_INDEX, NULL, 0, self);
        made_edge(h, key, HF_EDGE_INDEX, NULL, 1, put_number(s, 5000 + i));
        made_item(h, cache, key, put_text(s, "a section of a report"));
    }
    put_global(s, dict, "section", wrapper);
}

/* A TTLCache of 60 sessions; the first 25 were good until before the snapshot was taken. */
static void put_sessions(shop *s, uint32_t dict)
{
    made_heap *h = &s->heap;
    uint32_t link = made_type(h, "cachetools", "TTLCache._Link");
    uint32_t ttl = made_type(h, "cachetools", "TTLCache");
    made_class(h, ttl, made_type(h, "cachetools", "Cache"));
    uint32_t sessions = made_object(h, ttl, 48);
    uint32_t data = made_object(h, s->dict, 2272), links = made_object(h, s->dict, 2272);
    uint32_t timer = made_object(h, made_type(h, "cachetools", "_TimedCache._Timer"), 48);
    uint32_t clock = made_object(h, made_type(h, "builtins", "builtin_function_or_method"), 72);
    made_value(h, clock, "monotonic");
    made_edge(h, sessions, HF_EDGE_ATTRIBUTE, "_Cache__data", 0, data);
    made_edge(h, sessions, HF_EDGE_ATTRIBUTE, "_Cache__maxsize", 0, put_number(s, 1000));
    made_edge(h, sessions, HF_EDGE_ATTRIBUTE, "_Cache__currsize", 0, put_number(s, 60));
    made_edge(h, sessions, HF_EDGE_ATTRIBUTE, "_TTLCache__links", 0, links);
    made_edge(h, sessions, HF_EDGE_ATTRIBUTE, "_TTLCache__ttl", 0, put_number(s, 300));
    made_edge(h, sessions, HF_EDGE_ATTRIBUTE, "_TimedCache__timer", 0, timer);
    made_edge(h, timer, HF_EDGE_ATTRIBUTE, "_Timer__timer", 0, clock);
    for (unsigned i = 0; i < 60; i++) {
        char text[32];
        snprintf(text, sizeof(text), "%u.5", 975 + i);
        uint32_t key = put_text(s, "a session"), entry = made_object(h, link, 64);
        made_edge(h, entry, HF_EDGE_ATTRIBUTE, "expires", 0, put_float(s, text));
        made_edge(h, entry, HF_EDGE_ATTRIBUTE, "key", 0, key);
        made_item(h, data, key, put_text(s, "what is known of the user of a session"));
        made_item(h, links, key, entry);
    }
    put_global(s, dict, "sessions", sessions);
}

/* Pending tasks of one function, which wait for one future; a done one of another. */
static void put_tasks(shop *s, uint32_t dict)
{
    made_heap *h = &s->heap;
    uint32_t task_type = made_type(h, "_asyncio", "Task"),
             call = made_type(h, "builtins", "coroutine");
    uint32_t code_type = made_type(h, "builtins", "code");
    uint32_t future = made_object(h, made_type(h, "_asyncio", "Future"), 112);
    uint32_t get = made_object(h, code_type, 400), serve = made_object(h, code_type, 400);
    uint32_t tasks = made_object(h, s->list, 120);
    made_value(h, future, "PENDING");
    made_value(h, get, "load (report.py:60)");
    made_value(h, serve, "serve (report.py:70)");
    for (unsigned i = 0; i < 5; i++) {
        bool done = i == 4;
        uint32_t task = made_object(h, task_type, 208), outer = made_object(h, call, 224);
        uint32_t inner = made_object(h, call, 224);
        made_value(h, task, done ? "FINISHED" : "PENDING");
        made_value(h, outer, done ? "load (report.py:60)" : "serve (report.py:71)");
        made_value(h, inner, "wait (report.py:44)");
        h->objects[outer].flags |= done ? 0 : HF_OBJECT_SUSPENDED;
        h->objects[inner].flags |= HF_OBJECT_SUSPENDED;
        made_edge(h, task, HF_EDGE_FIELD, "_coro", 0, outer);
        made_edge(h, outer, HF_EDGE_FIELD, "cr_code", 0, done ? get : serve);
        made_edge(h, inner, HF_EDGE_STACK, NULL, 0, future);
        if (done)
            made_edge(h, task, HF_EDGE_FIELD, "_result", 0, put_text(s, "the result of a task"));
        else
            made_edge(h, outer, HF_EDGE_STACK, NULL, 0, inner);
        made_edge(h, tasks, HF_EDGE_INDEX, NULL, i, task);
        if (done)
            made_held(h, inner, 1);
    }
    h->objects[tasks].length = 5;
    put_global(s, dict, "tasks", tasks);
}

/* A Thread object of a thread that has ended, and an executor with three jobs in its queue. */
static void put_threads(shop *s, uint32_t dict)
{
    made_heap *h = &s->heap;
    uint32_t flag = made_object(h, made_type(h, "builtins", "bool"), 32);
    uint32_t thread = made_object(h, made_type(h, "threading", "Thread"), 432);
    uint32_t event = made_object(h, made_type(h, "threading", "Event"), 56);
    made_value(h, flag, "True");
    made_edge(h, thread, HF_EDGE_ATTRIBUTE, "_native_id", 0, put_number(s, 77));
    made_edge(h, thread, HF_EDGE_ATTRIBUTE, "_daemonic", 0, flag);
    made_edge(h, thread, HF_EDGE_ATTRIBUTE, "_started", 0, event);
    made_edge(h, event, HF_EDGE_ATTRIBUTE, "_flag", 0, flag);
    put_global(s, dict, "loader", thread);
    uint32_t pool =
        made_object(h, made_type(h, "concurrent.futures.thread", "ThreadPoolExecutor"), 320);
    uint32_t queue = made_object(h, made_type(h, "_queue", "SimpleQueue"), 72);
    uint32_t workers = made_object(h, made_type(h, "builtins", "set"), 216);
    h->objects[queue].length = 3;
    h->objects[workers].length = 2;
    made_edge(h, pool, HF_EDGE_ATTRIBUTE, "_work_queue", 0, queue);
    made_edge(h, pool, HF_EDGE_ATTRIBUTE, "_threads", 0, workers);
    made_edge(h, pool, HF_EDGE_ATTRIBUTE, "_max_workers", 0, put_number(s, 4));
    put_global(s, dict, "pool", pool);
}

/* Images that an extension has forgotten, and one that a module keeps as well. */
static void put_forgotten(shop *s, uint32_t dict)
{
    made_heap *h = &s->heap;
    uint32_t image = made_type(h, "imaging", "Image");
    for (unsigned i = 0; i < 30; i++) {
        uint32_t object = made_object(h, image, 80), pixels = made_object(h, s->list, 2048);
        made_edge(h, object, HF_EDGE_ATTRIBUTE, "pixels", 0, pixels);
        made_held(h, object, i ? 1 : 5);
        if (!i)
            put_global(s, dict, "logo", object);
    }
}

static void put_kept(shop *s)
{
    s->heap.info.monotonic = 1000000000000; /* 1,000 s after boot */
    s->heap.info.swap = 5 << 20;
    s->real = made_type(&s->heap, "builtins", "float");
    uint32_t dict = put_module(s, "shop.report");
    put_lru(s, dict);
    put_sessions(s, dict);
    put_tasks(s, dict);
    put_threads(s, dict);
    put_forgotten(s, dict);
    uint32_t pages = made_object(&s->heap, s->dict, 1184);
    for (unsigned i = 0; i < 20; i++)
        made_item(&s->heap, pages, put_number(s, 9000 + i), put_text(s, "a page"));
    put_global(s, dict, "_page_cache", pages);
}
