#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hf_err {
    hf_err_code code;
    int errnum;
    char message[];
};

enum { MESSAGE_LIMIT = 1024 };

static hf_err out_of_memory = {.code = HF_ERR_NO_MEMORY, .errnum = ENOMEM};

static hf_err *make(hf_err_code code, int errnum, const char *text)
{
    size_t length = strlen(text);
    hf_err *err = malloc(sizeof(*err) + length + 1);
    if (!err)
        return &out_of_memory;
    err->code = code;
    err->errnum = errnum;
    memcpy(err->message, text, length + 1);
    return err;
}

hf_err *hf_fail(hf_err_code code, const char *format, ...)
{
    char text[MESSAGE_LIMIT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return make(code, 0, text);
}

static hf_err_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ESRCH:
        return HF_ERR_NO_PROCESS;
    case EPERM:
    case EACCES:
        return HF_ERR_PERMISSION;
    case ENOMEM:
        return HF_ERR_NO_MEMORY;
    default:
        return HF_ERR_SYSTEM;
    }
}

hf_err *hf_fail_sys(int errnum, const char *format, ...)
{
    char text[MESSAGE_LIMIT];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (n > 0 && (size_t)n < sizeof(text))
        snprintf(text + n, sizeof(text) - (size_t)n, ": %s", strerror(errnum));
    return make(code_of_errno(errnum), errnum, text);
}

hf_err *hf_fail_memory(void)
{
    return &out_of_memory;
}

hf_err_code hf_err_code_of(const hf_err *err)
{
    return err->code;
}

int hf_err_errno(const hf_err *err)
{
    return err->errnum;
}

const char *hf_err_message(const hf_err *err)
{
    return err == &out_of_memory ? "out of memory" : err->message;
}

void hf_err_free(hf_err *err)
{
    if (err != &out_of_memory)
        free(err);
}
