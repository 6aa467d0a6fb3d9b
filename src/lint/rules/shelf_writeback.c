/* HF107: a shelf that remembers all that was ever read or written. */
#include "lint/rules/rules.h"

#include <string.h>

static void visit(hf_check *c, uint32_t call)
{
    static const char *const makers[] = {"shelve.open", "shelve.Shelf", "shelve.DbfilenameShelf",
                                         "shelve.BsdDbShelf", NULL};
    hf_module *m = c->m;
    const char *called = hf_called(m, call);
    if (!hf_is_one_of(called, makers))
        return;
    bool of_dict = strcmp(called, "shelve.Shelf") == 0 || strcmp(called, "shelve.BsdDbShelf") == 0;
    uint32_t writeback = hf_keyword(m, call, "writeback");
    /* open(filename, flag, protocol, writeback), Shelf(dict, protocol, writeback) */
    if (!writeback)
        writeback = hf_argument(m, call, of_dict ? 2 : 3);
    if (!writeback || hf_kind_of(&m->syntax, writeback) != HF_KIND_TRUE ||
        hf_kind_of(&m->syntax, hf_parent(&m->syntax, call)) == HF_KIND_WITH_ITEM ||
        hf_kind_of(&m->syntax, hf_parent(&m->syntax, call)) == HF_KIND_AS_PATTERN ||
        hf_strtab_find(&m->syntax.names, "sync", 4) != HF_STR_NONE)
        return;
    hf_report(c, writeback,
              "the shelf keeps every record that was read or stored until sync(), "
              "which nothing here calls");
}

const hf_rule hf_rule_shelf_writeback = {
    .code = "HF107",
    .name = "shelf-with-writeback",
    .reason = "With writeback=True a shelf keeps each record that was touched in memory until "
              "sync() or close().",
    .bad = "import shelve\n"
           "\n"
           "shelf = shelve.open('records', writeback=True)\n"
           "\n"
           "def store(key, record):\n"
           "    shelf[key] = record\n",
    .good = "import shelve\n"
            "\n"
            "shelf = shelve.open('records')\n"
            "\n"
            "def store(key, record):\n"
            "    shelf[key] = record\n",
    .fix = "Leave writeback out and store changed records yourself, or call sync() now and then.",
    .pattern = "unbounded-cache",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
