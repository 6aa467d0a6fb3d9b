/* present/lint_heap.h - where the linter and a heap meet: a finding that the heap confirms
 * is a fact.
 *
 * A finding names its holder by module, class and attribute; the same names lead through a graph to
 * the objects that hold the memory. Not in a build without the linter. */
#ifndef HF_PRESENT_LINT_HEAP_H
#define HF_PRESENT_LINT_HEAP_H

#include "analyse/diagnose.h"
#include "analyse/dominators.h"
#include "lint/lint.h"

/* Sets bytes and objects of each finding whose holder is in the heap, and puts the findings in the
 * order of those bytes, largest first. */
void hf_lint_join(hf_graph *g, const hf_dominators *dominators, hf_lint_report *report);

/* Takes out the findings of rules of low confidence behind which the heap shows nothing large: they
 * would be guesses. Behind hf_lint_join(). */
void hf_lint_drop_unconfirmed(hf_lint_report *report);

/* What the linter says of the source of a suspect: "HF103 growing-module-container at
 * /srv/shop/pricing.py:15: ..."; NULL where its file cannot be found or read, or nothing is said.
 * The caller frees *ret. The file is the one that code objects of the heap name; it is opened as
 * the live process `pid` would find it, or as we do (0: the heap came from a file). */
hf_err *hf_lint_suspect(hf_graph *g, const hf_suspect *suspect, pid_t pid, char **ret);

#endif
