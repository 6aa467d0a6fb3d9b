/* lint/resources.c - see lint/resources.h. */
#include "lint/resources.h"

#include <string.h>

static const char *const openers[] = {"open",
                                      "io.open",
                                      "gzip.open",
                                      "bz2.open",
                                      "lzma.open",
                                      "codecs.open",
                                      "tarfile.open",
                                      "zipfile.ZipFile",
                                      "urllib.request.urlopen",
                                      "socket.create_connection",
                                      NULL};
static const char *const makers[] = {"requests.Session",
                                     "requests.session",
                                     "httpx.Client",
                                     "httpx.AsyncClient",
                                     "aiohttp.ClientSession",
                                     "sqlalchemy.create_engine",
                                     "sqlalchemy.engine.create_engine",
                                     "pymongo.MongoClient",
                                     "redis.Redis",
                                     "redis.ConnectionPool",
                                     "psycopg2.connect",
                                     "psycopg2.pool.ThreadedConnectionPool",
                                     "kafka.KafkaProducer",
                                     "kafka.KafkaConsumer",
                                     "concurrent.futures.ThreadPoolExecutor",
                                     "concurrent.futures.ProcessPoolExecutor",
                                     "multiprocessing.Pool",
                                     "multiprocessing.pool.ThreadPool",
                                     "matplotlib.pyplot.figure",
                                     "matplotlib.pyplot.subplots",
                                     "sqlite3.connect",
                                     NULL};
static const char *const closing[] = {"close",  "aclose",     "shutdown", "dispose", "terminate",
                                      "detach", "disconnect", "quit",     "clf",     "release",
                                      "join",   "stop",       NULL};
/* The descriptor is taken out: os.dup2(log.fileno(), 1) of a daemon. */
static const char *const handing_on[] = {"fileno", NULL};
static const char *const saving[] = {"savefig", "print_png", NULL};
/* What these libraries keep by themselves until it is closed: standing alone is no excuse. */
static const char *const keepers[] = {"matplotlib.pyplot.figure", "matplotlib.pyplot.subplots",
                                      NULL};

static const char *known(hf_module *m, uint32_t call, const char *const *names)
{
    const char *called = hf_called(m, call);
    for (; *called && *names; names++)
        if (strcmp(called, *names) == 0)
            return *names;
    return NULL;
}

const char *hf_file_opener(hf_module *m, uint32_t call)
{
    return known(m, call, openers);
}

const char *hf_client_maker(hf_module *m, uint32_t call)
{
    return known(m, call, makers);
}

/* Attributes of these names anywhere inside the function: plt.close(figure), figure.savefig(). */
static bool mentions(hf_module *m, uint32_t function, const char *const *names)
{
    const hf_syntax *s = &m->syntax;
    uint32_t end = s->nodes[function].after;
    for (uint32_t n = function; n < end; n++)
        if (hf_kind_of(s, n) == HF_KIND_ATTRIBUTE && hf_is_one_of(hf_last_name(m, n), names))
            return true;
    return false;
}

/* A use of the variable that closes what it means, or lets it out of the function. */
static bool is_let_out(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, use);
    switch (hf_kind_of(s, around)) {
    case HF_KIND_ATTRIBUTE: {
        uint32_t outer = hf_parent(s, around);
        hf_field field = hf_field_of(s, around);
        bool called = hf_kind_of(s, outer) == HF_KIND_CALL && field == HF_FIELD_FUNCTION;
        /* session.headers["x"] = y, session.auth = z, session.headers.update(...): it is set up */
        bool set = (hf_kind_of(s, outer) == HF_KIND_SUBSCRIPT && field == HF_FIELD_VALUE) ||
                   (hf_kind_of(s, outer) == HF_KIND_ASSIGNMENT && field == HF_FIELD_LEFT) ||
                   (hf_kind_of(s, outer) == HF_KIND_ATTRIBUTE && field == HF_FIELD_OBJECT &&
                    hf_kind_of(s, hf_parent(s, outer)) == HF_KIND_CALL);
        const char *name = hf_last_name(m, around);
        return hf_is_one_of(name, closing) || hf_is_one_of(name, handing_on) || !(called || set);
    }
    case HF_KIND_FOR:
        return hf_field_of(s, use) != HF_FIELD_RIGHT;
    case HF_KIND_FOR_IN_CLAUSE:
    case HF_KIND_COMPARISON:
        return false;
    default: /* client["name"] too: a part that holds the whole */
        return true;
    }
}

static bool is_variable_never_closed(hf_module *m, uint32_t target)
{
    const hf_binding *b = hf_meaning(m, target);
    if (!b || b->writes != 1 || m->scopes[b->scope].kind != HF_SCOPE_FUNCTION)
        return false;
    for (uint32_t u = b->uses; u; u = m->next_use[u])
        if (u != b->node && (is_let_out(m, u) || m->scope_of[u] != m->scope_of[b->node]))
            return false;
    return true;
}

/* Whether the variable that an assignment sets is what the function gives: others may close it. */
static bool is_returned(hf_module *m, uint32_t assignment)
{
    const hf_syntax *s = &m->syntax;
    uint32_t target = hf_child(s, assignment, HF_FIELD_LEFT);
    const hf_binding *b = target ? hf_meaning(m, target) : NULL;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
        if (hf_kind_of(s, hf_parent(s, u)) == HF_KIND_RETURN)
            return true;
    return false;
}

/* json.load(open(path)): functions that read a file to its end and do not keep it. */
static bool is_read_by(hf_module *m, uint32_t call)
{
    static const char *const names[] = {
        "json.load", "pickle.load",    "list", "sorted",       "csv.reader",   "len",
        "yaml.load", "yaml.safe_load", "set",  "tomllib.load", "marshal.load", NULL};
    return hf_is_one_of(hf_called(m, call), names);
}

bool hf_is_never_closed(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, call), function = hf_function_around(m, call);
    bool keeper = known(m, call, keepers) != NULL;
    if (keeper) /* written to a file, so that nobody is to see it any more */
        return function && mentions(m, function, saving) && !mentions(m, function, closing) &&
               !is_returned(m, around);
    switch (hf_kind_of(s, around)) {
    case HF_KIND_ATTRIBUTE: { /* open(path).read() */
        static const char *const reading[] = {"read", "readlines", "readline", "write",  "get",
                                              "post", "execute",   "map",      "submit", NULL};
        return hf_field_of(s, call) == HF_FIELD_OBJECT &&
               hf_is_one_of(hf_last_name(m, around), reading);
    }
    case HF_KIND_FOR:
    case HF_KIND_FOR_IN_CLAUSE:
        return hf_field_of(s, call) == HF_FIELD_RIGHT;
    case HF_KIND_ARGUMENTS:
        return is_read_by(m, hf_parent(s, around));
    case HF_KIND_ASSIGNMENT: {
        uint32_t target = hf_child(s, around, HF_FIELD_LEFT);
        bool chained = hf_kind_of(s, hf_parent(s, around)) == HF_KIND_ASSIGNMENT; /* self.f = f = */
        return function && !chained && hf_kind_of(s, target) == HF_KIND_IDENTIFIER &&
               is_variable_never_closed(m, target);
    }
    default:
        return false;
    }
}
