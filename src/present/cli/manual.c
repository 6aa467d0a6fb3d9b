/* present/cli/manual.c - man pages (roff) and bash completion, from the table of commands. */
#include "present/cli/help.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

/* Text with what roff would take for its own escaped. */
static void roff(FILE *out, const char *text, size_t length)
{
    bool line_start = true;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (line_start && (c == '.' || c == '\''))
            fputs("\\&", out);
        if (c == '\\')
            fputs("\\e", out);
        else if (c == '-')
            fputs("\\-", out);
        else
            fputc(c, out);
        line_start = c == '\n';
    }
}

static void roff_text(FILE *out, const char *text)
{
    roff(out, text, strlen(text));
}

static void roff_paragraphs(FILE *out, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        fputs(".PP\n", out);
        roff(out, text, length);
        fputc('\n', out);
        text += length + (end ? 2 : 0);
    }
}

static void roff_head(FILE *out, const char *name, const char *summary)
{
    fprintf(out, ".TH \"%s\" 1 \"\" \"holdfast %s\" \"User Commands\"\n.SH NAME\n", name,
            HF_VERSION);
    roff_text(out, name);
    fputs(" \\- ", out);
    roff_text(out, summary);
    fputs("\n.SH SYNOPSIS\n", out);
}

static void roff_options(FILE *out, const hf_option *options)
{
    fputs(".SH OPTIONS\n", out);
    for (const hf_option *o = options; o->name; o++) {
        fputs(".TP\n", out);
        if (o->letter)
            fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
        fputs("\\fB\\-\\-", out);
        roff_text(out, o->name);
        fputs("\\fR", out);
        if (o->argument)
            fprintf(out, " \\fI%s\\fR", o->argument);
        fputc('\n', out);
        roff_text(out, o->help);
        fputs(".\n", out);
    }
}

static void write_command_page(FILE *out, const void *subject)
{
    const hf_command *c = subject;
    char name[64];
    snprintf(name, sizeof(name), "holdfast-%s", c->name);
    roff_head(out, name, c->summary);
    fprintf(out, "\\fBholdfast %s\\fR [\\fIOPTIONS\\fR] \\fI%s\\fR\n.SH DESCRIPTION\n", c->name,
            c->operands);
    roff_paragraphs(out, c->description);
    const char *operands = hf_about_operands(c);
    if (operands)
        roff_paragraphs(out, operands);
    roff_options(out, c->options);
    fputs(".SH EXAMPLES\n.nf\n", out);
    roff_text(out, c->examples);
    fputs("\n.fi\n.SH EXIT STATUS\n", out);
    roff_text(out, hf_about_status(c));
    fputs("\n.SH SEE ALSO\n.BR holdfast (1)\n", out);
}

static void write_main_page(FILE *out, const void *subject)
{
    (void)subject;
    roff_head(out, "holdfast", "tell why the memory of a Python process grows");
    fputs(
        "\\fBholdfast\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fITARGET\\fR...]\n.SH DESCRIPTION\n",
        out);
    roff_paragraphs(out,
                    "holdfast reads the heap of a running CPython from outside and tells which "
                    "object holds what, by which path, what grows and what to do about it. The "
                    "process needs no restart and nothing installed in it.");
    roff_paragraphs(out, hf_about_targets);
    fputs(".SH COMMANDS\n", out);
    for (const hf_command *c = hf_command_next(NULL); c; c = hf_command_next(c)) {
        fprintf(out, ".TP\n.BR holdfast\\-%s (1)\n", c->name);
        roff_text(out, c->summary);
        fputc('\n', out);
    }
    fputs(".SH EXIT STATUS\n", out);
    roff_text(out, hf_about_status(NULL));
    fputs("\n.SH ENVIRONMENT\n.TP\n.B NO_COLOR\nWhen set and not empty, no colours are used.\n",
          out);
    fputs(".TP\n.B TMPDIR\nFolder for temporary files, instead of the first that may be written of "
          "/var/tmp,\n"
          "/tmp, the current folder and /dev/shm.\n",
          out);
    fputs(".SH FILES\nSnapshots are written with mode 0600: they hold what the process holds, "
          "secrets included. See \\fB\\-\\-no\\-values\\fR.\n",
          out);
}

static void completion_options(FILE *out, const hf_command *c)
{
    fprintf(out, "    %s) options=\"", c->name);
    for (const hf_option *o = c->options; o->name; o++)
        fprintf(out, "%s--%s", o == c->options ? "" : " ", o->name);
    fputs("\" ;;\n", out);
}

static void write_completion(FILE *out, const void *subject)
{
    (void)subject;
    fputs("# bash completion for holdfast, made from its table of commands\n_holdfast()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} options\n    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W \"",
          out);
    for (const hf_command *c = hf_command_next(NULL); c; c = hf_command_next(c))
        fprintf(out, "%s ", c->name);
    fputs(
        "--help --version\" -- \"$word\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n",
        out);
    for (const hf_command *c = hf_command_next(NULL); c; c = hf_command_next(c))
        completion_options(out, c);
    fputs("    esac\n    if [[ $word == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n    else\n"
          "        COMPREPLY=($(compgen -f -- \"$word\"))\n    fi\n}\n"
          "complete -o filenames -F _holdfast holdfast\n",
          out);
}

static hf_err *write_file(const char *folder, const char *name, const char *suffix,
                          void (*write_it)(FILE *out, const void *subject), const void *subject)
{
    hf_buf path_storage HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&path_storage, "%s/%s%s", folder, name, suffix);
    const char *path = hf_buf_string(&path_storage);
    FILE *out = fopen(path, "we");
    if (!out)
        return hf_fail_sys(errno, "cannot write '%s'", path);
    write_it(out, subject);
    bool failed = ferror(out);
    if (fclose(out) || failed)
        return hf_fail_sys(errno ? errno : EIO, "cannot write '%s'", path);
    return NULL;
}

hf_err *hf_help_write_files(const char *folder)
{
    hf_err *err = write_file(folder, "holdfast", ".1", write_main_page, NULL);
    for (const hf_command *c = hf_command_next(NULL); c && !err; c = hf_command_next(c)) {
        char name[64];
        snprintf(name, sizeof(name), "holdfast-%s", c->name);
        err = write_file(folder, name, ".1", write_command_page, c);
    }
    return err ? err : write_file(folder, "holdfast", ".bash", write_completion, NULL);
}
