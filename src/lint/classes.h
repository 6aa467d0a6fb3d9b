/* lint/classes.h - how the classes of a file belong together, and how many objects they have. */
#ifndef HF_LINT_CLASSES_H
#define HF_LINT_CLASSES_H

#include "lint/module.h"

/* Whether a class is another one of the file, or derives from it. */
bool hf_derives(hf_module *m, uint32_t class_node, uint32_t base);

/* Whether objects of a class, and of those that derive from it, are made in this file, and all in
 * places that run once. */
bool hf_class_is_made_once(hf_module *m, uint32_t class_node);

#endif
