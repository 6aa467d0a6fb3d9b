/* analyse/methods.h - whose methods use a collection by its name: those of the class that has it as
 * an attribute, or of another class that has one of its own by the same name; and who keeps a bound
 * method of the collection, by which others add to it without naming it. */
#ifndef HF_ANALYSE_METHODS_H
#define HF_ANALYSE_METHODS_H

#include "analyse/clues.h"
#include "base/map.h"

enum { HF_METHOD_OWN = 1, HF_METHOD_OF_OTHERS };

/* Code objects of methods -> one of these: HF_METHOD_OWN of the classes of `holder`, an instance;
 * HF_METHOD_OF_OTHERS of classes whose instances are given an attribute `name` by their __init__.
 * False when out of memory. The caller releases *ret. */
bool hf_methods_by_class(hf_graph *g, uint32_t holder, const char *name, hf_map *ret);

/* The name under which a bound method of the owner is kept (`self.note = self.events.append`):
 * appended. Or the code of a function that has it as a variable of its closure or as a default:
 * returned, else HF_NO_OBJECT. Neither where none is kept. Which method it is, a heap does not say.
 */
uint32_t hf_kept_adder(const hf_clues *c, hf_buf *ret_name);

#endif
