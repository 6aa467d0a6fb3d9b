/* lint/facts.h - what one file says about names of others, so that a finding of "nothing anywhere
 * takes out of it" can be proved wrong by another file of the same run.
 *
 *     frees MODULE.NAME   it removes from that global, rebinds it or hands it on
 *     frees .NAME         it does that to an attribute of that name, whatever the object
 *     drops .NAME         it sets an attribute of that name to None, or deletes it
 *     makes NAME from X   it calls a class of that name that is imported from package or module X
 *     calls gc.enable     it turns the collector on */
#ifndef HF_LINT_FACTS_H
#define HF_LINT_FACTS_H

#include "base/strtab.h"
#include "lint/module.h"

/* Adds the facts of a module to a table of texts; false without memory. */
bool hf_facts_collect(hf_module *m, hf_strtab *facts);

#endif
