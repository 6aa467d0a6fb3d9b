/* present/cli/session.c - see present/cli/session.h. */
#include "present/cli/session.h"

#include "base/cleanup.h"
#include "present/cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { COLUMNS_LEAST = 40 }; /* a narrower terminal has no room for what we say */

char *hf_path_join(const char *folder, const char *name)
{
    hf_buf path HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&path, "%s/%s", folder, name);
    const char *text = hf_buf_string(&path);
    return path.failed ? NULL : strdup(text);
}

char *hf_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

void hf_note(const char *format, ...)
{
    hf_buf message HF_AUTO(hf_buf_deinit), escaped HF_AUTO(hf_buf_deinit);
    hf_buf_init(&message, 1 << 16);
    hf_buf_init(&escaped, 0);
    va_list arguments;
    va_start(arguments, format);
    hf_buf_vformat(&message, format, arguments);
    va_end(arguments);
    hf_format_untrusted(&escaped, (const char *)message.data, message.length, 0);
    hf_progress_clear();
    bool lost = message.failed || escaped.failed;
    fprintf(stderr, "holdfast: %s\n", lost ? "out of memory" : hf_buf_string(&escaped));
}

/* Of the terminal that the output goes to; 0 where it goes to none, or one that does not say. */
static size_t terminal_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        return 0;
    return size.ws_col < COLUMNS_LEAST ? 0 : size.ws_col;
}

hf_err *hf_session_begin(hf_session *s, const hf_command *command, const hf_arguments *arguments)
{
    *s = (hf_session){.command = command, .arguments = arguments};
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour) &&
                  !(terminal && strcmp(terminal, "dumb") == 0);
    s->text_storage = (hf_text){.out = stdout, .colour = colour, .columns = terminal_columns()};
    if (arguments->json && strcmp(arguments->json, "-") == 0) {
        hf_json_init(&s->json_storage, stdout);
        s->json = &s->json_storage;
        return NULL;
    }
    s->text = &s->text_storage;
    hf_err *err = arguments->json ? hf_output_open(arguments->json, &s->json_output) : NULL;
    if (!err && arguments->json) {
        hf_json_init(&s->json_storage, s->json_output.stream);
        s->json = &s->json_storage;
    }
    return err;
}

/* Whoever read standard output has seen enough, as `head` does: that is no failure of ours. */
static bool has_gone_reader(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) == 1 && output.revents & POLLERR;
}

hf_err *hf_session_finish(hf_session *s)
{
    if ((fflush(stdout) || ferror(stdout)) && !has_gone_reader())
        return hf_fail_sys(errno ? errno : EIO, "cannot write the output");
    return hf_output_finish(&s->json_output);
}

void hf_session_deinit(hf_session *s)
{
    hf_output_deinit(&s->json_output);
}
