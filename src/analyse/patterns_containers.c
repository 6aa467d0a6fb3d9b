/* What is told apart last: caches, registries, lists, buffers. */
#include "analyse/code_uses.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"

#include "base/cleanup.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    SAMPLE = 2048,
    MANY_INSTANCES = 500,
    SMALL_INSTANCE = 1024, /* bytes, with all that hangs on it */
    LARGE_TEXT = 16 << 10,
};

/* Of one snapshot: a long text, of which nobody knows whether it becomes longer. */
static bool is_text_alone(const hf_clues *c)
{
    return c->timeline->graphs[0] == c->timeline->last && c->owner == c->focus &&
           (c->owner_species == HF_SPECIES_STR || c->owner_species == HF_SPECIES_BYTES);
}

static double text_alone(const hf_clues *c)
{
    return is_text_alone(c) ? 0.45 : 0;
}

static double buffers(const hf_clues *c)
{
    if ((c->owner_species != HF_SPECIES_BUFFER && c->owner_species != HF_SPECIES_BYTES) ||
        is_text_alone(c))
        return 0;
    return c->row->own_bytes > c->row->born_bytes || c->row->born_objects <= 2 ? 0.95 : 0;
}

static double replaced_value(const hf_clues *c)
{
    return c->replaced ? 0.95 : 0;
}

typedef struct sampled_text {
    uint64_t hash, bytes;
} sampled_text;

static int by_hash(const void *a, const void *b)
{
    uint64_t x = ((const sampled_text *)a)->hash, y = ((const sampled_text *)b)->hash;
    return x < y ? -1 : x > y;
}

/* A number in no step with others: where texts take turns, each n-th would always be of one kind.
 * Knuth, The Art of Computer Programming 6.4, multiplicative hashing by the golden ratio. */
static uint64_t scatter(uint64_t number)
{
    return number * 0x9e3779b97f4a7c15 >> 32;
}

/* Strings of a sample whose whole value is known; of all in it the bytes. It is taken from all of
 * them: what was born stands by address, where texts of one length lie together. */
static size_t sample_strings(const hf_clues *c, sampled_text *texts, uint64_t *ret_bytes)
{
    size_t count = 0;
    const uint64_t step = c->objects_of[HF_SPECIES_STR] / SAMPLE + 1;
    uint64_t met = 0;
    for (size_t k = 0; k < c->row->count && count < SAMPLE; k++) {
        uint32_t object = c->born[k];
        if (hf_clues_species(c, object) != HF_SPECIES_STR ||
            hf_graph_length(c->graph, object) < 4 || scatter(met++) % step)
            continue;
        size_t length = 0;
        const char *text = hf_graph_value(c->graph, object, &length);
        uint64_t bytes = hf_graph_shallow(c->graph, object);
        *ret_bytes += bytes;
        if (text &&
            length >= hf_graph_length(c->graph, object)) /* a text that was cut says too little */
            texts[count++] = (sampled_text){
                XXH3_64bits_withSeed(text, length, hf_graph_length(c->graph, object)), bytes};
    }
    return count;
}

/* Most of what came are strings, and most of these are equal to others: of as many bytes, too.
 * A name that comes with each long text is not what fills the memory. */
static double equal_strings(const hf_clues *c)
{
    if (hf_clues_bytes_share(c, HF_SPECIES_STR) < 0.6 ||
        hf_clues_member_share(c, HF_SPECIES_HANDLE) > 0.5 || /* that these stay is the mistake */
        c->owner_species == HF_SPECIES_SET)                  /* no two of its members are equal */
        return 0;
    HF_AUTO(hf_freep) sampled_text *texts = malloc(SAMPLE * sizeof(*texts));
    uint64_t all = 0, again = 0;
    size_t count = texts ? sample_strings(c, texts, &all) : 0, distinct = 1;
    if (count < 64)
        return 0;
    qsort(texts, count, sizeof(*texts), by_hash);
    for (size_t k = 1; k < count; k++) {
        bool equal = texts[k].hash == texts[k - 1].hash;
        distinct += !equal;
        again += equal ? texts[k].bytes : 0;
    }
    /* Of pairs like ("GET", address) half are equal, and that is not what is wrong with them: it is
     * where a good part of what came would not be there if equal texts were one. */
    double saved =
        hf_clues_bytes_share(c, HF_SPECIES_STR) * (double)again / (double)(all ? all : 1);
    return distinct * 3 < count && again * 2 > all && saved > 0.4 ? 0.9 : 0;
}

/* Texts that are one are still as many entries. */
static double equal_strings_in_list(const hf_clues *c)
{
    bool list = c->owner_species == HF_SPECIES_LIST || c->owner_species == HF_SPECIES_DEQUE;
    double fit = list && c->added >= 1 ? equal_strings(c) : 0;
    return fit > 0 ? fit + 0.005 : 0;
}

/* A dict for each of very many small instances. */
static double instance_dicts(const hf_clues *c)
{
    if (c->instance_dicts < MANY_INSTANCES || c->owner_species == HF_SPECIES_DICT)
        return 0;
    if (c->instance_dicts * 10 < c->direct * 9 ||
        (uint64_t)c->row->born_bytes > c->direct * SMALL_INSTANCE)
        return 0;
    return c->instance_dict_bytes * 2 > (uint64_t)c->row->born_bytes ? 0.8 : 0;
}

/* Whether the values of a dict are no texts themselves, but objects that were made of some. That
 * one came for each new key is what is wrong then, unless they have all lines. */
static bool is_cache_of_objects(const hf_clues *c)
{
    if (c->owner_species != HF_SPECIES_DICT || c->member_type == UINT32_MAX ||
        hf_shape_is_namespace(c->graph, c->owner))
        return false;
    hf_species members = c->species[c->member_type];
    return members == HF_SPECIES_INSTANCE || members == HF_SPECIES_DICT ||
           members == HF_SPECIES_OTHER;
}

/* Whole files: few entries, each with lines or one large text. */
static double whole_files(const hf_clues *c)
{
    double text =
        hf_clues_bytes_share(c, HF_SPECIES_STR) + hf_clues_bytes_share(c, HF_SPECIES_BYTES);
    if (c->direct == 0 || text < 0.8)
        return 0;
    uint64_t texts = c->objects_of[HF_SPECIES_STR] + c->objects_of[HF_SPECIES_BYTES];
    bool large = (uint64_t)c->row->born_bytes / c->direct > LARGE_TEXT;
    bool lines = c->objects_of[HF_SPECIES_LIST] && texts > c->objects_of[HF_SPECIES_LIST] * 50;
    bool named = !is_cache_of_objects(c) &&
                 hf_clues_say(c, "file|document|opened|lines|content|body|text|page");
    return large && (lines || named) ? 0.76 : 0;
}

/* Members that are at work, and are over some time: something registers those. */
static bool members_are_at_work(const hf_clues *c)
{
    static const char *const words[] = {"session", "connection", "client",  "manager", "channel",
                                        "handler", "listener",   "socket",  "figure",  "worker",
                                        "player",  "consumer",   "subscri", NULL};
    if (c->member_type == UINT32_MAX)
        return false;
    const char *title = hf_graph_type_title(c->graph, c->member_type);
    const char *dot = strrchr(title, '.');
    for (size_t k = 0; words[k]; k++)
        if (strcasestr(dot ? dot : title, words[k]))
            return true;
    return false;
}

static bool says_cache(const hf_clues *c)
{
    if (hf_clues_say(c, "cache|memo|lookup|computed|seen|visited|known|results|resolved|parsed|"
                        "compiled|by_"))
        return true;
    /* Recent sessions are at work, and recent pages have been worked out. */
    return hf_clues_say(c, "recent") && !members_are_at_work(c) &&
           !hf_clues_say(c, "session|connection|client|channel");
}

static bool says_registry(const hf_clues *c)
{
    return hf_clues_say(c,
                        "regist|session|connection|client|lock|logger|adapter|figure|instance|"
                        "manager|member|pool|active|open|track|table|user|peer|channel|loggerdict");
}

/* Whether what is told is no collection, but one thing that a namespace has. */
static bool is_one_name(const hf_clues *c)
{
    return c->owner != c->focus && c->owner_species == HF_SPECIES_DICT &&
           hf_shape_is_namespace(c->graph, c->owner);
}

/* Whether there is one for each that came. */
static bool one_for_each(const hf_clues *c, hf_species species)
{
    return c->direct && c->objects_of[species] * 2 >= c->direct;
}

/* A few entries, as many as before: one of them has more, and that is not known. */
static bool is_record(const hf_clues *c)
{
    enum { FEW = 16 };
    return c->row->owners == 1 && c->has_length && c->length_now <= FEW &&
           c->length_now == c->length_before && c->added < 1;
}

static double registry(const hf_clues *c)
{
    if ((c->owner_species != HF_SPECIES_DICT && c->owner_species != HF_SPECIES_SET) ||
        is_one_name(c) || is_record(c))
        return 0;
    if (hf_clues_member_share(c, HF_SPECIES_LOGGER) > 0.3)
        return 0.8;
    if ((says_registry(c) || members_are_at_work(c)) && !says_cache(c))
        return 0.6;
    /* What has a lock of its own, or a cursor or a parser that is open, is at work,
     * and no result. */
    return one_for_each(c, HF_SPECIES_LOCK) || one_for_each(c, HF_SPECIES_NATIVE) ? 0.6 : 0.2;
}

static double cache(const hf_clues *c)
{
    if ((c->owner_species != HF_SPECIES_DICT && c->owner_species != HF_SPECIES_SET) ||
        is_one_name(c) || is_record(c))
        return 0;
    if (says_cache(c))
        return 0.65;
    return c->owner_species == HF_SPECIES_DICT ? 0.4 : 0.3;
}

/* What __missing__() makes it makes again when it is asked: to keep it is a memo. */
static double memo_of_missing(const hf_clues *c)
{
    return hf_code_of_missing(c) != HF_NO_OBJECT ? 0.66 : 0;
}

/* Members left the collections that are the values, and their entries stay. */
static bool values_are_empty(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_DICT && c->empty * 2 > c->direct;
}

static double registry_of_empty(const hf_clues *c)
{
    return values_are_empty(c) ? registry(c) + 0.006 : 0;
}

/* A set has no entries that a limit could choose among. */
static double cache_of_set(const hf_clues *c)
{
    double fit = cache(c);
    return fit > 0 && c->owner_species == HF_SPECIES_SET ? fit + 0.005 : 0;
}

static double cache_of_empty(const hf_clues *c)
{
    return values_are_empty(c) ? cache(c) + 0.006 : 0;
}

/* What has been opened must be closed: to drop it is not enough. */
static double list_of_open(const hf_clues *c)
{
    bool sequence = c->owner_species == HF_SPECIES_LIST || c->owner_species == HF_SPECIES_DEQUE;
    return sequence && hf_clues_closer(c) ? 0.51 : 0;
}

static double registry_of_open(const hf_clues *c)
{
    double fit = registry(c);
    return fit > 0 && hf_clues_closer(c) ? fit + 0.005 : 0;
}

/* Members without a class of their own, as weak references or lists, are not closed. */
static double registry_of_plain(const hf_clues *c)
{
    double fit = registry(c);
    bool plain = c->member_type == UINT32_MAX || c->species[c->member_type] != HF_SPECIES_INSTANCE;
    return fit > 0 && plain && !members_are_at_work(c) ? fit + 0.004 : 0;
}

/* A version that knows the one before it, a layer that lies over another: few in the owner's
 * hands, many in a row. */
static double linked_objects(const hf_clues *c)
{
    return hf_clues_are_linked(c) ? 0.75 : 0;
}

/* Nodes of a tree that nobody takes out again. */
static double tree(const hf_clues *c)
{
    return c->row->trees ? 0.7 : 0;
}

static double tree_of_dicts(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_DICT && tree(c) > 0 ? tree(c) + 0.005 : 0;
}

/* What is noted about objects, by these: they live as long as their entry. */
static double keyed_by_objects(const hf_clues *c)
{
    return hf_clues_keys_are_objects(c) && !says_cache(c) ? 0.64 : 0;
}

/* Where no member came, what grew is shared by those that are there. */
static double list(const hf_clues *c)
{
    if (c->direct == 0 && c->added < 1 && c->length_now == c->length_before)
        return 0;
    switch (c->owner_species) {
    case HF_SPECIES_LIST:
    case HF_SPECIES_DEQUE:
    case HF_SPECIES_TUPLE:
        return 0.5;
    default:
        return 0; /* nothing can be said of how it is made shorter */
    }
}

/* One list or tuple after the other, each with all that the one before it had. */
static double renewed_sequence(const hf_clues *c)
{
    return c->renewed && list(c) > 0 ? list(c) + 0.005 : 0;
}

/* What a variable was given has more than what was there before. */
static double one_name(const hf_clues *c)
{
    return is_one_name(c) || (c->owner_species == HF_SPECIES_DICT && is_record(c)) ? 0.3 : 0;
}

/* Nothing is appended to a tuple. */
static double long_tuple(const hf_clues *c)
{
    bool tuple = c->owner_species == HF_SPECIES_TUPLE && !c->renewed;
    return tuple && list(c) > 0 ? list(c) + 0.005 : 0;
}

/* A set has no order by which it could be pruned. */
static double set(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_SET ? 0.35 : 0;
}

/* Texts and numbers cannot be referred to weakly. */
static double set_of_values(const hf_clues *c)
{
    if (c->member_type == UINT32_MAX)
        return 0;
    hf_species species = (hf_species)c->species[c->member_type];
    bool values = species >= HF_SPECIES_NUMBER && species <= HF_SPECIES_TUPLE;
    return set(c) > 0 && values ? set(c) + 0.005 : 0;
}

/* A node of a tree has no members that it could do without: what is below them goes with them. */
static bool is_node(const hf_clues *c)
{
    return hf_clues_tree_root(c) != 0;
}

static double registry_of_nodes(const hf_clues *c)
{
    return registry(c) > 0 && is_node(c) ? registry(c) + 0.007 : 0;
}

static double cache_of_nodes(const hf_clues *c)
{
    return cache(c) > 0 && is_node(c) ? cache(c) + 0.007 : 0;
}

static double list_of_nodes(const hf_clues *c)
{
    return list(c) > 0 && is_node(c) ? list(c) + 0.02 : 0;
}

/* What nodes of a tree have, or their children: where it is alone depends on when one looks. */
static double in_nodes(const hf_clues *c)
{
    return !c->row->trees && !is_node(c) && hf_clues_nodes_from(c) ? 0.508 : 0;
}

#define NODES_STAY     "a tree gets more and more nodes, and none is taken out"
#define ADDED_ALL_OVER "{member} objects are added all over the tree and never taken out"
#define TAKE_NODES_OUT                                                                     \
    "Take out of the tree at {tree} what is no longer needed, from the leaves up: a node " \
    "when nothing is below it any more. One node is not to be given a limit, since all "   \
    "that is below goes with each member; count what the tree has taken in, and take the " \
    "oldest out where that is too much."

/* Of a registry and of a cache. */
#define ENTRIES_STAY "the {member} of most entries is empty, and the entries stay"
#define DELETE_EMPTY                                                                        \
    "Delete an entry of {path} with the last member of its {member}; look it up by get(): " \
    "a defaultdict makes an entry for each key that is only asked for."

#define TEXT_IN_PARTS                                                                              \
    "Write the parts of {path} to a file as they come, or cut it where it is made longer, to the " \
    "last n ([-n:]): adding to it copies all of it each time."
#define CUT_ANEW                                                                                  \
    "Cut {path} where it is made anew, to the last n ([-n:]); what is still needed of the older " \
    "ones goes to a file or a database first. To add one copies all that are there."

const hf_pattern hf_patterns_containers[] = {
    {"buffer-growth", buffers, "one buffer becomes larger and larger", "{shorten}", true},
    {"buffer-growth", replaced_value, "a value is replaced by a longer one again and again",
     TEXT_IN_PARTS},
    {"buffer-growth", text_alone, NULL, TEXT_IN_PARTS},
    {"duplicate-strings", equal_strings, "most of the strings are equal to others",
     "Share equal texts before you store them in {path}: sys.intern(), a dict of seen values, or "
     "categories."},
    {"duplicate-strings", equal_strings_in_list, "most of the strings are equal to others",
     "Share equal texts before you store them in {path}: sys.intern(), a dict of seen values, or "
     "categories. It still gets an entry each time: where not all are needed, prune it as well."},
    {"whole-file-read", whole_files, "whole inputs are kept",
     "Keep only the part that is needed in {path}, or read it again when it is."},
    {"missing-slots", instance_dicts, "each instance carries a dict of its own",
     "Add __slots__ to {member} (or dataclass(slots=True)), and drop what {path} no longer needs."},
    {"collection-growth", linked_objects, "each object holds the one that came before it",
     "Cut the chain in {path}: take what is needed out of the object before and set the reference "
     "to "
     "None, or keep the last ones in collections.deque(maxlen=...)."},
    {"unbounded-cache", tree_of_dicts, ADDED_ALL_OVER, TAKE_NODES_OUT},
    {"collection-growth", tree, ADDED_ALL_OVER, TAKE_NODES_OUT},
    {"registry-growth", keyed_by_objects,
     "its keys are objects, which live as long as their entries",
     "Delete the entry of {path} when its {key} is done, or keep the value in an attribute of the "
     "{key} "
     "itself; where others hold each {key} and no value refers to it, a weakref.WeakKeyDictionary "
     "does so.",
     true},
    {"registry-growth", registry_of_nodes, NODES_STAY, TAKE_NODES_OUT, true},
    {"unbounded-cache", cache_of_nodes, NODES_STAY, TAKE_NODES_OUT, true},
    {"collection-growth", list_of_nodes, NODES_STAY, TAKE_NODES_OUT, true},
    {"registry-growth", registry_of_empty, ENTRIES_STAY, DELETE_EMPTY, true},
    {"unbounded-cache", cache_of_empty, ENTRIES_STAY, DELETE_EMPTY, true},
    {"registry-growth", registry_of_open, "entries are registered and never removed",
     "Call {closer} on each {member} when it is done, and remove it from {path}."},
    {"registry-growth", registry_of_plain, "entries are registered and never removed",
     "Remove the entry from {path} when what it stands for is done.", true},
    {"registry-growth", registry, "entries are registered and never removed",
     "Remove the entry from {path} when its {member} is no longer needed; where others hold each "
     "as "
     "long as it is, a weakref.WeakValueDictionary does so.",
     true},
    {"unbounded-cache", memo_of_missing,
     "__missing__() makes an entry for each key that is asked for and not there",
     "Let __missing__() return what it makes without storing it in {path}, or give that a limit: "
     "functools.lru_cache(maxsize=...) on what makes it."},
    {"unbounded-cache", cache_of_set, "a set without limit or expiry",
     "Call discard() on {path} when a member is no longer needed, or keep the last ones in a dict "
     "with a limit (cachetools.LRUCache or TTLCache).",
     true},
    {"unbounded-cache", cache, "a mapping without limit or expiry", "{limit}", true},
    {"collection-growth", set_of_values, "added to and never removed from",
     "Call discard() on {path} when a member is done, or keep the last ones only: a dict from "
     "which "
     "next(iter(...)) is deleted.",
     true},
    {"collection-growth", set, "added to and never removed from",
     "Call discard() on {path} when a member is done, or use a weakref.WeakSet.", true},
    {"collection-growth", list_of_open, "what is to be closed is kept",
     "Call {closer} on each {member} when it is done, and remove it from {path}."},
    {"collection-growth", renewed_sequence, "made anew, and longer each time", CUT_ANEW, true},
    {"collection-growth", long_tuple, NULL, CUT_ANEW, true},
    {"collection-growth", in_nodes, "it is in nodes of a tree, and stays there",
     "Take out of the tree at {tree} what is no longer needed, and nodes when nothing is in them "
     "or "
     "below them any more. One node is not to be given a limit, since all that is below goes with "
     "each member."},
    {"collection-growth", one_name, NULL,
     "Find who gives {path} more each time, and drop there what is no longer needed."},
    {"collection-growth", list, "{kept}", "{prune}", true},
    {NULL}};
