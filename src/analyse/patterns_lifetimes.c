/* Weak references, finalizers, and small views of large things. */
#include "analyse/attributes.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"
#include "base/cleanup.h"

/* A WeakSet has no values that could hold anything. */
static double weak_maps(const hf_clues *c)
{
    if (c->owner_species == HF_SPECIES_SET ||
        hf_clues_on_path(c, HF_SPECIES_WEAK_MAP, 2) == HF_NO_OBJECT)
        return 0;
    return c->own_weakrefs * 2 >= c->objects_of[HF_SPECIES_WEAKREF] ? 0.94 : 0;
}

/* The edge by which an object has another one, or its dict has; HF_NO_EDGE. */
static uint64_t edge_between(hf_graph *g, uint32_t object, uint32_t target)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (g->edge_target[e] == target && hf_graph_holds(g, e) &&
            hf_graph_kind(g, e) != HF_EDGE_KEY)
            return e;
    return HF_NO_EDGE;
}

void hf_say_way_back(const hf_clues *c, hf_buf *out)
{
    hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[c->owner]; e + 1 < g->edge_start[c->owner + 1]; e++) {
        uint32_t value = g->edge_target[e + 1], key = hf_clues_referent(c, g->edge_target[e]);
        if (hf_graph_kind(g, e) != HF_EDGE_KEY || key == HF_NO_OBJECT ||
            hf_clues_species(c, value) != HF_SPECIES_INSTANCE)
            continue;
        uint32_t holder = value, dict = hf_attribute_dict(g, value);
        uint64_t way = edge_between(g, value, key);
        if (way == HF_NO_EDGE && dict != HF_NO_OBJECT) {
            way = edge_between(g, dict, key);
            holder = dict;
        }
        HF_AUTO(hf_buf_deinit) hf_buf name = {0};
        if (way == HF_NO_EDGE || !hf_clues_edge_name(g, holder, way, &name))
            continue;
        hf_buf_format(out, " The way back is %s.%s.", hf_graph_type_name(g, value),
                      hf_buf_string(&name));
        return;
    }
}

static double dead_references(const hf_clues *c)
{
    uint64_t references = c->direct_of[HF_SPECIES_WEAKREF];
    if (references < 4 || references * 2 < c->direct)
        return 0;
    return c->dead_weakrefs * 2 > references ? 0.96 : 0;
}

/* Whether those whose objects live have a callback: that of the others has run, and is gone
 * (Objects/weakrefobject.c, handle_callback()). */
static double references_that_were_told(const hf_clues *c)
{
    enum { ASKED = 64 };
    const hf_graph *g = c->graph;
    unsigned living = 0, told = 0;
    if (dead_references(c) <= 0)
        return 0;
    for (uint64_t e = g->edge_start[c->owner + 1];
         e-- > g->edge_start[c->owner] && living < ASKED;) {
        if (hf_clues_referent(c, g->edge_target[e]) == HF_NO_OBJECT)
            continue;
        uint32_t callback = hf_object_field(g, g->edge_target[e], "__callback__");
        living++;
        told += callback != HF_NO_OBJECT && !hf_graph_is(g, callback, "NoneType");
    }
    return living && told * 4 >= living * 3 ? dead_references(c) + 0.005 : 0;
}

/* Weak references to what is kept by what is kept with them: a callback that has the object
 * as a default or in a cell. */
static double references_to_themselves(const hf_clues *c)
{
    uint64_t references = c->direct_of[HF_SPECIES_WEAKREF];
    if (references < 4 || references * 2 < c->direct || weak_maps(c) > 0)
        return 0;
    return c->own_weakrefs * 4 >= references * 3 ? 0.95 : 0;
}

static double finalize_registry(const hf_clues *c)
{
    uint64_t infos = c->objects_of[HF_SPECIES_FINALIZE];
    return infos >= 2 && infos * 2 >= c->direct ? 0.95 : 0;
}

/* The object is kept by what its finalizer was given: there is a weak reference to it for each
 * finalizer and its _Info, and none of those that hold the object is anywhere else. */
static double finalizers_of_their_own(const hf_clues *c)
{
    bool own = c->own_weakrefs * 4 >= c->objects_of[HF_SPECIES_FINALIZE];
    return own && finalize_registry(c) > 0 ? finalize_registry(c) + 0.005 : 0;
}

/* A finalizer runs once, at the end: an object that lives after it was brought back. */
static double resurrected(const hf_clues *c)
{
    return c->finalized >= 4 && c->finalized * 2 >= c->direct ? 0.96 : 0;
}

/* A frame of pandas is none itself, the arrays of its columns are. */
static double views(const hf_clues *c)
{
    uint64_t views = c->direct_of[HF_SPECIES_VIEW];
    if (views < 2 || views * 2 < c->direct || c->small_views * 2 < views)
        return 0;
    return 0.94;
}

/* Each owns memory that is given back when it is closed, not only a few bytes of an object. */
static double native_objects(const hf_clues *c)
{
    return hf_clues_member_share(c, HF_SPECIES_NATIVE) > 0.5 ? 0.7 : 0;
}

/* Members that have something inside whose native memory is most of what came: that says more than
 * a name of the list ("spool"), and less than keys of a dict do. */
static double native_inside(const hf_clues *c)
{
    bool lined_up = c->owner_species == HF_SPECIES_LIST || c->owner_species == HF_SPECIES_SET;
    return lined_up && hf_clues_bytes_share(c, HF_SPECIES_NATIVE) > 0.5 ? 0.72 : 0;
}

/* Whoever keeps these beside a call of C may do so since C still works with them. */
static double buffers_of_c(const hf_clues *c)
{
    return hf_clues_member_share(c, HF_SPECIES_C_BUFFER) > 0.5 &&
                   hf_clues_bytes_share(c, HF_SPECIES_C_BUFFER) > 0.5
               ? 0.7
               : 0;
}

const hf_pattern hf_patterns_lifetimes[] = {
    {"weakref-misuse", dead_references, "weak references stay although what they named is gone",
     "Remove dead references: give weakref.ref a callback that takes it out of {path}, or use a "
     "{weak}.",
     true},
    {"weakref-misuse", references_that_were_told,
     "weak references stay although what they named is gone, and their callback leaves them there",
     "Let the callback of each reference, which runs when its object is gone, take it out of "
     "{path} "
     "as well, or use a {weak}.",
     true},
    {"weakref-misuse", references_to_themselves,
     "what these weak references name is kept by their own callbacks, or by what is kept with them",
     "Let the callbacks in {path} know what they need (a number, a weak reference), and not the "
     "object: no default "
     "argument, cell or bound method of it."},
    {"weakref-misuse", weak_maps, "the values hold their own keys, so that no key ever dies",
     "Let the values of {path} refer to their key weakly, or store them in the key object "
     "itself.{back}"},
    {"finalizer-retention", finalizers_of_their_own,
     "the finalizer holds the object that it waits for",
     "Give weakref.finalize a plain function and only the data that it needs, never a bound method "
     "of the object."},
    {"finalizer-retention", finalize_registry,
     "the objects that these finalizers wait for live on, and with them what the finalizers were "
     "given",
     "Tie each finalizer to an object that ends with the work: the first argument of "
     "weakref.finalize; or call it, or its detach(), when the work is done."},
    {"finalizer-retention", resurrected, "the finalizer of these objects has run and kept them",
     "Do not store self in __del__; return objects to a bounded pool explicitly."},
    {"view-pins-base", views, "small views, each of which keeps its whole base",
     "Copy what you keep (bytes(view), array.copy(), match.group()) and let the base go."},
    {"native-held", native_objects, "small objects, each of which owns native memory",
     "Close each {member} when it is done, and drop it from {path}."},
    {"native-held", native_inside,
     "each has an object that owns native memory, most of all that grew",
     "Close what each {member} has (close(), or let go of it) when that one is done, and drop the "
     "{member} from {path}."},
    {"native-held", buffers_of_c, "buffers that were made for C, which stay",
     "Take each out of {path} when C has done with it (its call has returned, or tells that the "
     "transfer is complete), and not before: no limit by number or age, since C may still write to "
     "it. A few buffers that are used again and again need no more."},
    {NULL}};
