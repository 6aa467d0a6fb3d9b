/* base/cleanup.h - release at the declaration, so that a function needs no labels.
 *
 *     HF_AUTO(hf_freep) char *text = malloc(n);
 *     ...
 *     *ret = hf_take(text);    hand it over: the variable becomes NULL
 *     return NULL; */
#ifndef HF_BASE_CLEANUP_H
#define HF_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define HF_AUTO(function) __attribute__((cleanup(function)))

/* Gives the value of a variable away, a pointer or a struct, and leaves zeros behind. */
#define hf_take(variable)                       \
    ({                                          \
        __auto_type taken_ = (variable);        \
        (variable) = (__typeof__(variable)){0}; \
        taken_;                                 \
    })

/* Defines FUNCTIONp() for HF_AUTO(): it hands to FUNCTION() what a variable of type *TYPE has. */
#define HF_RELEASE_BY(type, function)               \
    static inline void function##p(type **variable) \
    {                                               \
        function(*variable);                        \
    }

static inline void hf_freep(void *pointer)
{
    free(*(void **)pointer);
}

static inline void hf_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#endif
