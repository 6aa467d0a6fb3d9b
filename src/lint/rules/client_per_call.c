/* HF602: figures, sessions, clients, engines and pools that are made for each call and
 * not closed. */
#include "lint/repeats.h"
#include "lint/resources.h"
#include "lint/rules/rules.h"

#include <string.h>

/* plt.figure(3), plt.figure("map"): the figure of that name, made where there is none. */
static bool is_named_figure(hf_module *m, uint32_t call, const char *name)
{
    uint32_t number = hf_keyword(m, call, "num");
    if (!number)
        number = hf_argument(m, call, 0);
    hf_kind kind = number ? hf_kind_of(&m->syntax, number) : HF_KIND_OTHER;
    return strcmp(name, "matplotlib.pyplot.figure") == 0 &&
           (kind == HF_KIND_INTEGER || kind == HF_KIND_STRING);
}

/* @reapers.of("mssql"): registered under a name, and called by whoever knows when. Routes
 * are called often. */
static bool is_registered(hf_module *m, uint32_t function)
{
    uint32_t decorator = hf_decorator(m, function, 0);
    return decorator && hf_kind_of(&m->syntax, decorator) == HF_KIND_CALL &&
           !hf_is_handler(m, function) && hf_repeats_function(m, function) < HF_REPEATS_LOOP;
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const char *name = hf_client_maker(m, call);
    uint32_t function = name ? hf_function_around(m, call) : 0;
    if (!function || is_named_figure(m, call, name) ||
        hf_repeats_function(m, function) == HF_REPEATS_NEVER || is_registered(m, function) ||
        !hf_is_never_closed(m, call))
        return;
    hf_report(c, call, "each call makes a %s, and none is closed", name);
}

const hf_rule hf_rule_client_per_call = {
    .code = "HF602",
    .name = "client-per-call",
    .reason = "Sessions, clients, engines, pools and figures own connections, threads or buffers; "
              "pyplot even keeps each figure until it is closed.",
    .bad = "import matplotlib.pyplot as plt\n"
           "\n"
           "def draw(values, output):\n"
           "    figure, axes = plt.subplots()\n"
           "    axes.plot(values)\n"
           "    figure.savefig(output)\n",
    .good = "import matplotlib.pyplot as plt\n"
            "\n"
            "def draw(values, output):\n"
            "    figure, axes = plt.subplots()\n"
            "    axes.plot(values)\n"
            "    figure.savefig(output)\n"
            "    plt.close(figure)\n",
    .fix =
        "Make it once and share it, or close it: with ...:, plt.close(figure), engine.dispose().",
    .pattern = "registry-growth",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
