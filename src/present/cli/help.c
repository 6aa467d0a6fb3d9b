/* present/cli/help.c - see present/cli/help.h; man pages and completion are in manual.c. */
#include "present/cli/help.h"

#include <string.h>

enum { WIDTH = 88 };

void hf_help_overview(hf_text *t)
{
    hf_text_print(
        t, "holdfast tells why the memory of a Python process grows: from outside, without a\n"
           "restart, and without harm to the process.\n\n");
    hf_text_print(t, "  holdfast ps                 which processes there are\n");
    hf_text_print(t, "  holdfast diagnose PID       what leaks in it, what holds it, what to do\n");
    hf_text_print(t, "  holdfast demo               see it work on a small leaking service\n\n");
    for (const hf_command_group *group = hf_command_groups; group->title; group++) {
        hf_text_print(t, group == hf_command_groups ? "" : "\n");
        hf_text_styled(t, HF_STYLE_BOLD, "%s\n", group->title);
        for (const hf_command *c = group->commands; c->name; c++)
            hf_text_print(t, "  %-10s  %s\n", c->name, c->summary);
    }
    hf_text_print(t, "\n'holdfast COMMAND --help' tells more; 'holdfast --version' the version.\n");
}

/* Text of several paragraphs, filled. */
static void print_paragraphs(hf_text *t, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        hf_buf paragraph;
        hf_buf_init(&paragraph, 0);
        hf_buf_add(&paragraph, text, length);
        hf_text_fill(t, hf_buf_string(&paragraph), 0, WIDTH);
        hf_buf_deinit(&paragraph);
        text += length;
        if (end) {
            hf_text_print(t, "\n");
            text += 2;
        }
    }
}

static void print_options(hf_text *t, const hf_option *options)
{
    size_t widest = 0;
    for (const hf_option *o = options; o->name; o++) {
        size_t width = strlen(o->name) + (o->argument ? 1 + strlen(o->argument) : 0);
        widest = width > widest ? width : widest;
    }
    for (const hf_option *o = options; o->name; o++) {
        char letter[] = {o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? ',' : ' ',
                         0};
        int used = (int)(strlen(o->name) + (o->argument ? 1 + strlen(o->argument) : 0));
        hf_text_print(t, "  %s --%s%s%s%*s  ", letter, o->name, o->argument ? " " : "",
                      o->argument ? o->argument : "", (int)widest - used, "");
        hf_text_fill(t, o->help, 2 + 4 + 2 + widest + 2, WIDTH);
    }
}

void hf_help_command(hf_text *t, const hf_command *c)
{
    hf_text_styled(t, HF_STYLE_BOLD, "holdfast %s [OPTIONS]%s%s", c->name, *c->operands ? " " : "",
                   c->operands);
    hf_text_print(t, "\n%s\n\n", c->summary);
    print_paragraphs(t, c->description);
    hf_text_print(t, "\n");
    hf_text_styled(t, HF_STYLE_BOLD, "Options\n");
    print_options(t, c->options);
    const char *operands = hf_about_operands(c);
    if (operands) {
        hf_text_print(t, "\n");
        print_paragraphs(t, operands);
    }
    hf_text_print(t, "\n");
    hf_text_styled(t, HF_STYLE_BOLD, "Examples\n");
    for (const char *line = c->examples; *line;) {
        int length = (int)strcspn(line, "\n");
        hf_text_print(t, "  %.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    hf_text_print(t, "\n");
    hf_text_print(t, "Exit status: ");
    hf_text_fill(t, hf_about_status(c), 13, WIDTH);
}
