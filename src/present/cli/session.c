/* present/cli/session.c - see present/cli/session.h. */
#include "present/cli/session.h"

#include "base/cleanup.h"
#include "present/cli/progress.h"
#include "present/cli/scratch.h"

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
    hf_buf path HF_AUTO(hf_buf_deinit);
    hf_buf_init(&path, 0);
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

/* A new private file beside `path`, so that a rename within one file system can end the work. */
static hf_err *open_json_file(hf_session *s, const char *path)
{
    struct stat status;
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return hf_fail(HF_ERR_REFUSED, "'%s' is no regular file; JSON goes to a file or to '-'",
                       path);
    HF_AUTO(hf_freep) char *folder = hf_folder_of(path);
    HF_AUTO(hf_freep) char *temporary = folder ? hf_path_join(folder, ".holdfast-XXXXXX") : NULL;
    if (!temporary)
        return hf_fail_memory();
    int fd = mkostemp(temporary, O_CLOEXEC); /* O_EXCL, mode 0600 */
    if (fd < 0)
        return hf_fail_sys(errno, "cannot write '%s'", path);
    FILE *stream = fdopen(fd, "w");
    if (!stream) {
        close(fd);
        unlink(temporary);
        return hf_fail_memory();
    }
    hf_scratch_add_file(temporary);
    s->json_temporary = hf_take(temporary);
    hf_json_init(&s->json_storage, stream);
    s->json = &s->json_storage;
    return NULL;
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
    return arguments->json ? open_json_file(s, arguments->json) : NULL;
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
    if (!s->json_temporary)
        return NULL;
    FILE *stream = s->json_storage.out;
    bool failed = fflush(stream) || ferror(stream);
    int errnum = errno;
    failed = fclose(stream) || failed;
    s->json_storage.out = NULL;
    if (failed)
        return hf_fail_sys(errnum, "cannot write '%s'", s->arguments->json);
    if (rename(s->json_temporary, s->arguments->json))
        return hf_fail_sys(errno, "cannot write '%s'", s->arguments->json);
    hf_scratch_forget_file(s->json_temporary);
    return NULL;
}

void hf_session_deinit(hf_session *s)
{
    if (s->json_temporary && s->json_storage.out)
        fclose(s->json_storage.out);
    free(s->json_temporary);
    s->json_temporary = NULL;
}
