#include "present/report.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <string.h>

void hf_report_verdict(hf_text *t, hf_style style, const char *word, const char *sentence)
{
    hf_text_styled(t, style, "%s", word);
    hf_text_print(t, "  ");
    hf_text_fill(t, sentence, strlen(word) + 2, HF_REPORT_WIDTH);
}

void hf_report_section(hf_text *t, const char *title)
{
    hf_text_print(t, "\n");
    hf_text_styled(t, HF_STYLE_BOLD, "%s", title);
    hf_text_print(t, "\n");
}

void hf_report_note(hf_text *t, const char *note)
{
    static const char label[] = "note: ";
    if (!note)
        return;
    hf_text_print(t, "%s", label);
    hf_text_fill(t, note, sizeof(label) - 1, HF_REPORT_WIDTH);
}

void hf_report_item(hf_text *t, size_t number, const char *title)
{
    hf_text_print(t, "\n  %zu  ", number + 1);
    hf_text_untrusted(t, title);
    hf_text_print(t, "\n");
}

void hf_report_field(hf_text *t, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    hf_text_print(t, "  %-13s ", label);
    hf_text_fill(t, text, HF_REPORT_LABEL, HF_REPORT_WIDTH);
}

void hf_report_format(hf_text *t, const char *label, const char *format, ...)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    va_list arguments;
    va_start(arguments, format);
    hf_buf_vformat(&text, format, arguments);
    va_end(arguments);
    hf_report_field(t, label, hf_buf_string(&text));
}

void hf_report_more(hf_text *t, uint64_t all, uint64_t shown, const char *noun)
{
    if (all > shown)
        hf_text_print(t, "  %s more%s%s: see --top\n", hf_format_count(all - shown).text,
                      *noun ? " " : "", noun);
}

void hf_report_kept(hf_text *t, const char *folder)
{
    if (!folder)
        return;
    hf_text_print(t, "\nThe snapshots are in ");
    hf_text_untrusted(t, folder);
    hf_text_print(t, "\n");
}

void hf_report_cure(hf_text *t, const char *cure, uint64_t frees)
{
    if (!cure || !*cure)
        return;
    hf_report_section(t, "CURE");
    hf_text_print(t, "  ");
    hf_text_fill(t, cure, 2, HF_REPORT_WIDTH);
    if (frees)
        hf_text_print(t, "  frees %s\n", hf_format_bytes(frees).text);
}

void hf_report_begin_json(hf_json *j, const char *word, const char *sentence)
{
    char lower[32];
    size_t length = strlen(word) < sizeof(lower) ? strlen(word) : sizeof(lower) - 1;
    for (size_t i = 0; i < length; i++)
        lower[i] = word[i] == ' ' ? '-' : (char)tolower((unsigned char)word[i]);
    lower[length] = 0;
    hf_json_object(j, NULL);
    hf_json_text(j, "verdict", lower);
    hf_json_text(j, "summary", sentence);
}
