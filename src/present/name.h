/* present/name.h - objects, edges and roots of a graph named in a few words. Texts appended are
 * raw: they hold strings of the heap and are to be escaped by whoever prints them. */
#ifndef HF_PRESENT_NAME_H
#define HF_PRESENT_NAME_H

#include "base/buf.h"
#include "graph/graph.h"

/* "dict of 41,200 at 0x7f31c2a41b80" */
void hf_name_object(const hf_graph *g, uint32_t object, hf_buf *out);

/* How the source of an edge names its target: ".lines", "['sku-1']", "[3]", "local rows". */
void hf_name_edge(hf_graph *g, uint64_t edge, hf_buf *out);

/* The label alone, for tables of references: "lines", the text of the key, "3", "rows". */
void hf_name_label(hf_graph *g, uint64_t edge, hf_buf *out);

/* "field", "attribute", ...; with "weak:" or "scanned:" in front. Static lifetime. */
const char *hf_name_edge_kind(const hf_graph *g, uint64_t edge);

/* "module shop.pricing", "local rows in main (app.py:57)" */
void hf_name_root(const hf_graph *g, uint32_t root, hf_buf *out);

/* The value as Python would write it where that is known: strings in quotes. False where the
 * snapshot has none. */
bool hf_name_value(hf_graph *g, uint32_t object, hf_buf *out);

/* True for types whose value is all that there is to them: str, int, ...; the value of others (the
 * name of a module) repeats what a path says. */
bool hf_name_is_plain(const hf_graph *g, uint32_t object);

/* Words of HF_OBJECT_* flags, joined by |. */
void hf_name_flags(uint32_t flags, hf_buf *out);

#endif
