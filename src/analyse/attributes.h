/* analyse/attributes.h - attributes, globals and classes of a graph by their names, as Python code
 * would look them up: for questions about objects of classes that are known. */
#ifndef HF_ANALYSE_ATTRIBUTES_H
#define HF_ANALYSE_ATTRIBUTES_H

#include "graph/graph.h"

/* What a field or attribute, an entry of a dict with this str as key, lead to; HF_NO_OBJECT where
 * there is none, or none among so many as no object has that nobody made to mislead. */
uint32_t hf_object_field(const hf_graph *g, uint32_t object, const char *name);
uint32_t hf_dict_entry(hf_graph *g, uint32_t dict, const char *name);

/* What an attribute of an instance leads to: a slot, a member, or an entry of its dict;
 * HF_NO_OBJECT where it has none. */
uint32_t hf_attribute_of(hf_graph *g, uint32_t object, const char *name);

/* The same where it is an int or a float. False where it is neither, or values are not known. */
bool hf_attribute_int(hf_graph *g, uint32_t object, const char *name, int64_t *ret);
bool hf_attribute_real(hf_graph *g, uint32_t object, const char *name, double *ret);

bool hf_object_int(hf_graph *g, uint32_t object, int64_t *ret);
bool hf_object_real(hf_graph *g, uint32_t object, double *ret);

/* Whether the value of an object is known and this text. */
bool hf_object_says(hf_graph *g, uint32_t object, const char *text);

/* The value where it is known, as much as fits; else "". Returns `room`. */
const char *hf_object_text(hf_graph *g, uint32_t object, char *room, size_t size);

/* A global of a module of the main interpreter, or HF_NO_OBJECT. */
uint32_t hf_global_of(hf_graph *g, const char *module, const char *name);

/* The object that an object's __dict__ is; HF_NO_OBJECT. */
uint32_t hf_attribute_dict(const hf_graph *g, uint32_t object);

/* An item of a tuple or a list; HF_NO_OBJECT where there is none. */
uint32_t hf_item_of(const hf_graph *g, uint32_t tuple, uint32_t item);

/* The name of an item of a named tuple (collections.namedtuple(), typing.NamedTuple), which is
 * kept in _fields of its class; NULL where it has none. Not terminated: *ret_length bytes, as long
 * as the graph. */
const char *hf_field_of_named_tuple(hf_graph *g, uint32_t tuple, uint32_t item, size_t *ret_length);

/* Whether a class, or one of those that it inherits from, has a method or another attribute of this
 * name; `type` is a row in types. */
bool hf_type_has(hf_graph *g, uint32_t type, const char *name);

/* What it then has, of the nearest; HF_NO_OBJECT where there is nothing. */
uint32_t hf_type_attribute(hf_graph *g, uint32_t type, const char *name);

/* By row in types: whether the class or one of its bases has a method of this name in its __dict__.
 * The caller frees it; NULL when out of memory. */
bool *hf_types_with(hf_graph *g, const char *name);

/* For each type 1 + the first title (as hf_graph_type_title() writes it) that is its own,
 * or that of one of its bases, nearest base first; 0: none. The caller frees it; NULL when
 * out of memory. */
uint8_t *hf_types_named(hf_graph *g, const char *const *titles, size_t count);

#endif
