/* present/report.h - the parts of which the answers of commands are made, so that they look like
 * one tool: a verdict first, sections of evidence, then the cure with what it frees. */
#ifndef HF_PRESENT_REPORT_H
#define HF_PRESENT_REPORT_H

#include "present/json.h"
#include "present/text.h"

enum { HF_REPORT_WIDTH = 92, HF_REPORT_LABEL = 16 };

/* "OFF  41,200 objects wait ...": the sentence is filled, and escaped. */
void hf_report_verdict(hf_text *t, hf_style style, const char *word, const char *sentence);

/* An empty line and a title. */
void hf_report_section(hf_text *t, const char *title);

/* "note: ...", filled and escaped; nothing for NULL. */
void hf_report_note(hf_text *t, const char *note);

/* An empty line, the number of a row and its title, escaped: what is told of the row in full
 * follows as fields. number: from 0 on. */
void hf_report_item(hf_text *t, size_t number, const char *title);

/* "  label         text", filled and escaped; nothing for an empty text. */
void hf_report_field(hf_text *t, const char *label, const char *text);
void hf_report_format(hf_text *t, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "  12 more kinds: see --top", where not all were shown; noun: "kinds", or "". */
void hf_report_more(hf_text *t, uint64_t all, uint64_t shown, const char *noun);

/* The folder of the snapshots that were kept; nothing for NULL. */
void hf_report_kept(hf_text *t, const char *folder);

/* The section CURE: a sentence, and the bytes that it frees where there are any. */
void hf_report_cure(hf_text *t, const char *cure, uint64_t frees);

/* The members that every answer begins with, in an object that is open then; the sentence is the
 * same as in text. */
void hf_report_begin_json(hf_json *j, const char *word, const char *sentence);

#endif
