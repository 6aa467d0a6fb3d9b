/* lint/resources.h - calls that open or make what has to be closed. */
#ifndef HF_LINT_RESOURCES_H
#define HF_LINT_RESOURCES_H

#include "lint/module.h"

/* The qualified name of what opens a file or stream, or NULL. */
const char *hf_file_opener(hf_module *m, uint32_t call);

/* The same of what makes a figure, session, client, engine or pool. */
const char *hf_client_maker(hf_module *m, uint32_t call);

/* Whether what a call makes stays in its function and nothing there closes it: it stands in no
 * `with`, is not returned, stored or handed on, and nothing calls close() or the like. */
bool hf_is_never_closed(hf_module *m, uint32_t call);

#endif
