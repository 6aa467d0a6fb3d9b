/* present/page.c - see present/page.h. The parts are files of page/, put into the program
 * as they are. */
#include "present/page.h"

#include "present/format.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* HF_PAGE_FOLDER comes from the build. */
#define EMBED(name, file)                                                                       \
    __asm__(".pushsection .rodata\n" #name ":\n.incbin \"" HF_PAGE_FOLDER "/" file "\"\n" #name \
            "_end:\n.byte 0\n.popsection\n");                                                   \
    extern const char name[], name##_end[]

EMBED(hf_page_css, "page.css");
EMBED(hf_page_common_js, "common.js");
EMBED(hf_page_flamegraph_html, "flamegraph.html");
EMBED(hf_page_flamegraph_js, "flamegraph.js");
EMBED(hf_page_plot_html, "plot.html");
EMBED(hf_page_plot_js, "plot.js");

static void put(FILE *out, const char *start, const char *end)
{
    fwrite(start, 1, (size_t)(end - start), out);
}

static void put_escaped(FILE *out, const char *text)
{
    hf_buf escaped = {0};
    hf_format_untrusted(&escaped, text, strlen(text), 0);
    for (const char *p = hf_buf_string(&escaped); *p; p++) {
        if (*p == '<' || *p == '>' || *p == '&')
            fprintf(out, "&#%d;", *p);
        else
            fputc(*p, out);
    }
    hf_buf_deinit(&escaped);
}

/* '<' stands in strings only, where it may be written so. */
static void put_data(FILE *out, const char *json, size_t length)
{
    for (const char *end = json + length; json < end;) {
        const char *next = memchr(json, '<', (size_t)(end - json));
        put(out, json, next ? next : end);
        if (next)
            fputs("\\u003c", out);
        json = next ? next + 1 : end;
    }
}

static void put_script(FILE *out, hf_page_kind kind, const char *nonce)
{
    fprintf(out, "<script nonce=\"%s\">\n", nonce);
    put(out, hf_page_common_js, hf_page_common_js_end);
    if (kind == HF_PAGE_FLAMEGRAPH)
        put(out, hf_page_flamegraph_js, hf_page_flamegraph_js_end);
    else
        put(out, hf_page_plot_js, hf_page_plot_js_end);
    fputs("</script>\n", out);
}

hf_err *hf_page_write(FILE *out, hf_page_kind kind, const char *title, const char *json,
                      size_t length)
{
    uint64_t random[2];
    char nonce[40];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return hf_fail_sys(errno, "no random numbers for a page");
    snprintf(nonce, sizeof(nonce), "%016llx%016llx", (unsigned long long)random[0],
             (unsigned long long)random[1]);
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
            "'nonce-%s'; style-src 'nonce-%s'; base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
            nonce, nonce);
    put_escaped(out, title);
    fprintf(out, "</title>\n<style nonce=\"%s\">\n", nonce);
    put(out, hf_page_css, hf_page_css_end);
    fputs("</style>\n</head>\n<body>\n", out);
    if (kind == HF_PAGE_FLAMEGRAPH)
        put(out, hf_page_flamegraph_html, hf_page_flamegraph_html_end);
    else
        put(out, hf_page_plot_html, hf_page_plot_html_end);
    fputs("<script id=\"data\" type=\"application/json\">", out);
    put_data(out, json, length);
    fputs("</script>\n", out);
    put_script(out, kind, nonce);
    fputs("</body>\n</html>\n", out);
    return NULL;
}
