#include "present/show_suspect.h"

#include "base/cleanup.h"
#include "present/report.h"

enum { LABEL = 15 };

const hf_verdict_label *hf_show_verdict(hf_verdict verdict)
{
    static const hf_verdict_label leak = {"LEAK", "suspects", HF_STYLE_BAD};
    static const hf_verdict_label no_leak = {"NO LEAK", "no-leak", HF_STYLE_GOOD};
    static const hf_verdict_label early = {"TOO EARLY TO TELL", "too-early", HF_STYLE_BOLD};
    return verdict == HF_VERDICT_SUSPECTS  ? &leak
           : verdict == HF_VERDICT_NO_LEAK ? &no_leak
                                           : &early;
}

static void print_field(hf_text *t, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    hf_text_print(t, "     %-9s ", label);
    hf_text_fill(t, text, LABEL, HF_REPORT_WIDTH);
}

static void print_object(hf_text *t, const hf_suspect_view *view)
{
    const hf_suspect *s = view->suspect;
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_text(&text, s->type);
    if (s->length && !view->where)
        hf_buf_format(&text, ", length %s", hf_format_count(s->length).text);
    if (s->address && !view->where)
        hf_buf_format(&text, ", at %s", hf_format_address(s->address).text);
    print_field(t, "object", hf_buf_string(&text));
}

static void print_holds(hf_text *t, const hf_suspect_view *view)
{
    bool of_nobody = view->suspect->of_nobody;
    hf_text_print(t, "     %-9s %s%s", "holds", of_nobody ? "at least " : "",
                  hf_format_bytes(view->retained).text);
    if (of_nobody || (view->heap_bytes && view->retained > view->heap_bytes)) /* native memory */
        hf_text_print(t, "\n");
    else if (view->heap_bytes)
        hf_text_print(t, ", %s of all objects\n",
                      hf_format_share(view->retained, view->heap_bytes).text);
    else
        hf_text_print(t, " in all\n");
}

static void print_grew(hf_text *t, const hf_suspect_view *view)
{
    hf_text_print(t, "     %-9s %s", "grew", hf_format_bytes_change(view->grown).text);
    if (view->grown_objects)
        hf_text_print(t, " and %s object%s", hf_format_count_change(view->grown_objects).text,
                      view->grown_objects == 1 || view->grown_objects == -1 ? "" : "s");
    if (view->seconds > 0)
        hf_text_print(t, " in %s", hf_format_seconds(view->seconds).text);
    else
        hf_text_print(t, " in all");
    hf_text_print(t, ", %s\n", hf_format_rate(view->bytes_per_second).text);
}

void hf_show_suspect_text(hf_text *t, size_t number, const hf_suspect_view *view)
{
    const hf_suspect *s = view->suspect;
    hf_text_print(t, "%s  %zu  ", number ? "\n" : "", number + 1);
    hf_text_begin(t, HF_STYLE_BOLD);
    hf_text_untrusted(t, s->path);
    hf_text_end(t, HF_STYLE_BOLD);
    /* Nothing was seen to grow: not to read like a verdict. */
    bool perhaps = s->opinion && !s->harmless;
    hf_text_print(t, "\n     %-9s ", perhaps ? "perhaps" : "pattern");
    hf_text_styled(t,
                   s->harmless ? HF_STYLE_GOOD
                   : perhaps   ? HF_STYLE_PLAIN
                               : HF_STYLE_BAD,
                   "%s", s->pattern);
    hf_text_print(t, "\n");
    print_field(t, "seen", view->where);
    print_object(t, view);
    print_holds(t, view);
    if (view->compared)
        print_grew(t, view);
    print_field(t, "evidence", s->evidence);
    print_field(t, "known", s->known);
    if (*s->allocated)
        print_field(t, "allocated", s->allocated);
    else
        print_field(t, "where", s->site);
    print_field(t, "lint", view->finding);
    print_field(t, perhaps ? "if so" : "fix", s->fix);
    if (!s->harmless && !perhaps)
        hf_text_print(t, "     %-9s %s\n", "frees", hf_format_bytes(view->retained).text);
    hf_text_print(t, "     %-9s %s\n", "signature", hf_signature_of(s).text);
}

void hf_show_suspect_members(hf_json *j, const hf_suspect_view *view)
{
    const hf_suspect *s = view->suspect;
    hf_json_text(j, "path", s->path);
    hf_json_text(j, "type", s->type);
    hf_json_text(j, "pattern", s->pattern);
    hf_json_bool(j, "leak", !s->harmless);
    hf_json_bool(j, "opinion", s->opinion);
    hf_json_text(j, "known", *s->known ? s->known : NULL);
    hf_json_text(j, "signature", hf_signature_of(s).text);
    hf_json_text(j, "site", s->site);
    if (*s->allocated)
        hf_json_text(j, "allocated", s->allocated);
    if (view->finding)
        hf_json_text(j, "lint", view->finding);
    if (!view->where)
        hf_json_address(j, "address", s->address);
    hf_json_uint(j, "retained_bytes", view->retained);
    hf_json_int(j, "grown_bytes", view->grown);
    hf_json_int(j, "grown_objects", view->grown_objects);
    if (!view->where)
        hf_json_uint(j, "length", s->length);
    hf_json_real(j, "bytes_per_second", view->bytes_per_second);
    if (!view->where)
        hf_json_real(j, "confidence", s->confidence);
    hf_json_text(j, "evidence", s->evidence);
    hf_json_text(j, "fix", s->fix);
    hf_json_uint(j, "fix_frees_bytes", view->retained);
}
