/* analyse/importing.h - whether a program still imports modules while it is looked at.
 *
 * Importing fills sys.modules, name spaces, registries, caches of libraries and the table of
 * interned names, from look to look, and all that stops when the program has started. What grows
 * meanwhile may belong to that. */
#ifndef HF_ANALYSE_IMPORTING_H
#define HF_ANALYSE_IMPORTING_H

#include "analyse/dominators.h"
#include "analyse/timeline.h"
#include "base/buf.h"

/* Whether modules came in most intervals, and that is an import: one module's began after the first
 * look and was under way at two in a row, or most of the code that came is of installed packages
 * and of the standard library. Modules that a program makes again and again, of its own files or of
 * texts, are neither, nor is a service that runs in the import of a module for ever. Then says how
 * many came, and the last: "686 in 28.1 s, the last 'sklearn.datasets'". species: as
 * hf_species_of_types() tells them of the last graph. */
bool hf_importing(const hf_timeline *t, const uint8_t *species, hf_buf *say);

/* Whether most bytes of these newly born objects of the last graph are what imports make: code,
 * classes, functions, modules, names. */
bool hf_made_by_imports(const hf_timeline *t, const hf_dominators *last, const uint8_t *species,
                        const uint32_t *born, size_t count);

#endif
