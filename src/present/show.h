/* present/show.h - results as people and programs read them: each result has a text and a JSON form
 * that render the same struct, so that they cannot disagree. Nothing here computes or looks at a
 * process; texts of a heap are escaped on their way out. */
#ifndef HF_PRESENT_SHOW_H
#define HF_PRESENT_SHOW_H

#include "analyse/diagnose.h"
#include "analyse/lines.h"
#include "analyse/paths.h"
#include "analyse/signature.h"
#include "analyse/unsharing.h"
#include "graph/snapshot.h"
#include "present/json.h"
#include "present/show_memory_change.h"
#include "present/text.h"

/* ps */
typedef struct hf_process_row {
    pid_t pid;
    char version[24]; /* "" where it could not be proved */
    uint64_t rss;     /* bytes */
    double seconds;   /* since it began */
    bool planned;
    hf_freeze_plan plan;
    char *command;
} hf_process_row;

typedef struct hf_process_list {
    hf_process_row *rows;
    size_t count, hidden; /* hidden: processes that we may not look at */
    bool as_root;         /* more rights are not to be had */
} hf_process_list;

void hf_show_processes_text(hf_text *t, const hf_process_list *list);
void hf_show_processes_json(hf_json *j, const hf_process_list *list);

/* snapshot */
typedef struct hf_snapshot_row {
    const char *path;
    const hf_snapshot_info *info; /* its texts are not used */
    uint64_t file_size;
} hf_snapshot_row;

void hf_show_snapshot_text(hf_text *t, const hf_snapshot_row *row);
void hf_show_raw_text(hf_text *t, const char *path, pid_t pid, const hf_raw_info *raw);
void hf_show_raw_json(hf_json *j, const char *path, pid_t pid, const hf_raw_info *raw);
void hf_show_snapshot_json(hf_json *j, const hf_snapshot_row *row);

/* info; the parts are used by reports too */
void hf_show_info_text(hf_text *t, const hf_graph *graph);
void hf_show_info_json(hf_json *j, const hf_graph *graph);

const char *hf_show_way(hf_way way);      /* "copy-on-write fork" */
const char *hf_show_way_word(hf_way way); /* "fork": for JSON and narrow columns */
void hf_show_check_text(hf_text *t, const hf_walk_check *check, size_t indent);
void hf_show_info_members(hf_json *j, const hf_snapshot_info *info); /* into an open object */

/* types */
typedef struct hf_types_view {
    const hf_histogram *histogram;
    const hf_histogram_row *heap; /* all objects, for shares */
    bool by_module, filtered;
    uint64_t top;
} hf_types_view;

/* A table of `count` rows, and the member "types" of an open object. */
void hf_show_type_rows(hf_text *t, const hf_histogram_row *rows, size_t count);
void hf_show_type_rows_json(hf_json *j, const hf_histogram_row *rows, size_t count);

void hf_show_types_text(hf_text *t, const hf_types_view *view);
void hf_show_types_json(hf_json *j, const hf_types_view *view);

/* types --by-site */
typedef struct hf_lines_view {
    const hf_graph *graph;
    const hf_lines *lines;
    bool filtered; /* objects of some types only */
    uint64_t top;
} hf_lines_view;

void hf_show_lines_text(hf_text *t, const hf_lines_view *view);
void hf_show_lines_json(hf_json *j, const hf_lines_view *view);

/* Where one object was allocated: a cell of a table, "pricing.py:42" or "-"; all frames, a
 * line each behind an empty line; a member of an open object. The last two are silent where
 * nothing is known. */
void hf_show_line_cell(hf_table *table, const hf_graph *g, uint32_t object);
void hf_show_traceback(hf_text *t, const hf_graph *g, uint32_t object);
void hf_show_traceback_json(hf_json *j, const hf_graph *g, uint32_t object);

/* objects */
typedef struct hf_object_row {
    uint32_t object;
    char *path; /* in Python notation; "" where none is known */
} hf_object_row;

typedef struct hf_objects_view {
    hf_graph *graph;
    const hf_dominators *dominators;
    const hf_object_row *rows;
    size_t count;
    uint64_t matching;               /* objects that the filter accepts */
    const struct hf_born_view *born; /* only what was born since a time; or NULL */
} hf_objects_view;

void hf_show_objects_text(hf_text *t, const hf_objects_view *view);
void hf_show_objects_json(hf_json *j, const hf_objects_view *view);

/* path */
typedef struct hf_path_view {
    hf_graph *graph;
    const hf_dominators *dominators;
    uint32_t object;
    const hf_path *path;
    const char *text;
} hf_path_view;

void hf_show_path_text(hf_text *t, const hf_path_view *view);
void hf_show_path_json(hf_json *j, const hf_path_view *view);

/* retained: rows in order; with a tree each row follows its holder. */
typedef struct hf_holder_row {
    uint32_t object;
    unsigned depth; /* 0: a largest holder */
    char *path;     /* of rows of depth 0 the path, of others how the holder names it, may be "" */
} hf_holder_row;

typedef struct hf_retained_view {
    hf_graph *graph;
    const hf_dominators *dominators;
    const hf_holder_row *rows;
    size_t count;
    uint64_t heap_bytes;
    bool tree;
} hf_retained_view;

void hf_show_retained_text(hf_text *t, const hf_retained_view *view);
void hf_show_retained_json(hf_json *j, const hf_retained_view *view);

/* diff */
typedef struct hf_difference_view {
    const hf_difference *difference;
    hf_graph *old_graph, *new_graph;
    const size_t *types; /* rows of difference->types that are shown */
    size_t type_count;
    const size_t *containers; /* the same */
    char *const *container_paths;
    size_t container_count;
    bool lines_known; /* of both graphs */
    const hf_line_change *lines;
    size_t line_count;
    bool memory_known; /* of both graphs */
    hf_memory_moment memory_before, memory_now;
} hf_difference_view;

/* The lines of a difference: a table, a member of an open object. */
void hf_show_line_changes(hf_text *t, const hf_difference_view *view, size_t indent);
void hf_show_line_changes_json(hf_json *j, const hf_difference_view *view);

void hf_show_difference_text(hf_text *t, const hf_difference_view *view);
void hf_show_difference_json(hf_json *j, const hf_difference_view *view);

/* diagnose */
typedef struct hf_diagnosis_view {
    const hf_diagnosis *diagnosis;
    hf_graph *const *graphs; /* oldest first */
    size_t graph_count;
    const hf_dominators *dominators;      /* of the newest */
    const hf_difference_view *difference; /* oldest to newest; NULL with one graph */
    uint64_t top;
    const char *kept;                     /* folder of the snapshots, or NULL */
    const char *note;                     /* what went otherwise than asked, or NULL */
    const hf_unsharing_growth *unsharing; /* NULL: not looked at */
    const char *verify;                   /* signature of a leak that should be gone, or NULL */
    hf_verification verified;
    char *const *findings; /* of each suspect what the linter says of its source, or NULL; NULL */
} hf_diagnosis_view;

void hf_show_diagnosis_text(hf_text *t, const hf_diagnosis_view *view);
void hf_show_diagnosis_json(hf_json *j, const hf_diagnosis_view *view);

/* export */
typedef struct hf_export_row {
    const char *objects_path, *references_path;
    uint64_t objects, references;
} hf_export_row;

void hf_show_export_text(hf_text *t, const hf_export_row *row);
void hf_show_export_json(hf_json *j, const hf_export_row *row);

#endif
