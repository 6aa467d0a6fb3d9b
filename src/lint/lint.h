/* lint/lint.h - looks for mistakes that keep memory in the source of Python programs.
 *
 * Nothing is imported or executed. Files are read by several threads, each with a parser
 * of its own; findings that rest on what the rest of a package does are settled when all
 * files are read. */
#ifndef HF_LINT_LINT_H
#define HF_LINT_LINT_H

#include "base/cleanup.h"
#include "lint/files.h"
#include "lint/finding.h"
#include "lint/rule.h"

typedef struct hf_lint_options {
    const bool *enabled;        /* one for each of hf_rules; NULL: all */
    const char *const *exclude; /* patterns as in the .gitignore of the folder exclude_root */
    size_t exclude_count;
    const char *exclude_root;
    bool input;             /* no paths: what standard input has */
    const char *input_name; /* of the file that it is the text of; NULL: not known */
    bool no_ignore;         /* also what .ignore and .gitignore files leave out */
    unsigned threads;       /* 0: as many as there are processors */
    bool parse_only;        /* for measuring: no rules, no scopes, no copy of the tree */
} hf_lint_options;

typedef struct hf_lint_report {
    hf_lint_files files;
    hf_findings findings; /* by path, line and code; without those that are silenced */
    uint64_t lines, bytes;
    uint32_t silenced; /* findings that comments in the source silence */
} hf_lint_report;

hf_err *hf_lint_run(char *const *paths, size_t path_count, const hf_lint_options *options,
                    hf_lint_report **ret);

/* The same for one file that is open; it is called `shown`, and no other file is looked at. */
hf_err *hf_lint_run_open(int fd, const char *shown, hf_lint_report **ret);
void hf_lint_report_free(hf_lint_report *report);
HF_RELEASE_BY(hf_lint_report, hf_lint_report_free)

#endif
