/* present/cli/options.c - see present/cli/options.h. */
#include "present/cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 48, LONG_ONLY = 256 };

bool hf_parse_duration(const char *text, double *ret_seconds)
{
    static const struct {
        const char *suffix;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"ms", 0.001}, {"m", 60}, {"h", 3600}};
    if (!isdigit((unsigned char)*text) && *text != '.')
        return false; /* no sign, no blank, no "inf" */
    char *end;
    double value = strtod(text, &end);
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(end, units[i].suffix) == 0) {
            value *= units[i].seconds;
            if (!(value > 0 && value <= 30 * 86400.0))
                return false;
            *ret_seconds = value;
            return true;
        }
    return false;
}

bool hf_parse_size(const char *text, uint64_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    unsigned shift = strcmp(unit, "K") == 0 || strcmp(unit, "k") == 0   ? 10
                     : strcmp(unit, "M") == 0 || strcmp(unit, "m") == 0 ? 20
                     : strcmp(unit, "G") == 0 || strcmp(unit, "g") == 0 ? 30
                                                                        : 0;
    if (!digits || digits > 10 || (*unit && !shift))
        return false;
    uint64_t size = strtoull(text, NULL, 10) << shift;
    if (size < 1 << 10 || size > 1 << 30)
        return false;
    *ret = size;
    return true;
}

bool hf_parse_address(const char *text, uint64_t *ret)
{
    const char *digits =
        strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0 ? text + 2 : text;
    size_t length = strlen(digits);
    if (!length || length > 16 || strspn(digits, "0123456789abcdefABCDEF") != length)
        return false;
    *ret = strtoull(digits, NULL, 16);
    return true;
}

static bool parse_count(const char *text, uint64_t *ret)
{
    size_t length = strlen(text);
    if (!length || length > 18 || strspn(text, "0123456789") != length)
        return false;
    *ret = strtoull(text, NULL, 10);
    return *ret > 0;
}

/* choices: words separated by blanks. */
static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *p = choices; *p && length;) {
        size_t word = strcspn(p, " ");
        if (word == length && strncmp(p, text, length) == 0)
            return true;
        p += word + strspn(p + word, " ");
    }
    return false;
}

static hf_err *add_word(const hf_command *command, const hf_option *option, const char *text,
                        hf_words *words)
{
    if (!*text)
        return hf_fail(HF_ERR_USAGE, "%s: --%s needs a %s", command->name, option->name,
                       option->argument);
    if (words->count == HF_WORDS_MAX)
        return hf_fail(HF_ERR_USAGE, "%s: --%s can be given %d times, not more", command->name,
                       option->name, HF_WORDS_MAX);
    words->words[words->count++] = text;
    return NULL;
}

static hf_err *set_option(const hf_command *command, const hf_option *option, const char *text,
                          hf_arguments *arguments)
{
    void *field = (char *)arguments + option->field;
    switch (option->kind) {
    case HF_OPTION_FLAG:
        *(bool *)field = true;
        return NULL;
    case HF_OPTION_TEXT:
    case HF_OPTION_LAST:
        if (option->choices && !is_choice(option->choices, text))
            return hf_fail(HF_ERR_USAGE, "%s: --%s is one of: %s; not '%s'", command->name,
                           option->name, option->choices, text);
        if (!*text)
            return hf_fail(HF_ERR_USAGE, "%s: --%s needs a %s", command->name, option->name,
                           option->argument);
        *(const char **)field = text;
        return NULL;
    case HF_OPTION_WORDS:
        return add_word(command, option, text, field);
    case HF_OPTION_COUNT:
        if (parse_count(text, field))
            return NULL;
        return hf_fail(HF_ERR_USAGE, "%s: --%s needs a number from 1 up, not '%s'", command->name,
                       option->name, text);
    case HF_OPTION_DURATION:
        if (hf_parse_duration(text, field))
            return NULL;
        return hf_fail(HF_ERR_USAGE,
                       "%s: --%s needs a duration like 250ms, 10s, 5m or 1h, above 0 and up to 30 "
                       "days, not '%s'",
                       command->name, option->name, text);
    case HF_OPTION_SIZE:
        if (hf_parse_size(text, field))
            return NULL;
        return hf_fail(HF_ERR_USAGE, "%s: --%s needs a size like 512K, from 1K to 1G, not '%s'",
                       command->name, option->name, text);
    case HF_OPTION_ADDRESS:
        if (hf_parse_address(text, field))
            return NULL;
        return hf_fail(HF_ERR_USAGE, "%s: --%s needs an address like 0x7f31c2a41b80, not '%s'",
                       command->name, option->name, text);
    }
    return NULL;
}

/* What getopt_long() wants to know, made from our table. */
typedef struct getopt_tables {
    struct option options[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 4];
} getopt_tables;

static size_t make_tables(const hf_command *command, getopt_tables *ret)
{
    size_t count = 0, used = 0;
    memset(ret, 0, sizeof(*ret));
    if (command->runs_program)
        ret->letters[used++] = '+';
    ret->letters[used++] = ':'; /* tells a missing argument from an unknown option */
    for (const hf_option *o = command->options; o->name && count < OPTIONS_MAX; o++, count++) {
        ret->options[count] =
            (struct option){.name = o->name,
                            .has_arg = o->argument ? required_argument : no_argument,
                            .val = LONG_ONLY + (int)count};
        if (o->letter) {
            ret->letters[used++] = o->letter;
            if (o->argument)
                ret->letters[used++] = ':';
        }
    }
    return count;
}

static const hf_option *option_of(const hf_command *command, size_t count, int found)
{
    if (found >= LONG_ONLY && (size_t)(found - LONG_ONLY) < count)
        return &command->options[found - LONG_ONLY];
    for (size_t i = 0; i < count; i++)
        if (command->options[i].letter && command->options[i].letter == found)
            return &command->options[i];
    return NULL;
}

static hf_err *unknown_option(const hf_command *command, const char *word)
{
    const hf_option *nearest = NULL;
    size_t least = 3, length = strcspn(word, "="); /* more than two slips is another word */
    char name[32];
    if (strncmp(word, "--", 2) == 0 && length > 3 && length - 2 < sizeof(name)) {
        snprintf(name, sizeof(name), "%.*s", (int)length - 2, word + 2);
        for (const hf_option *o = command->options; o->name; o++) {
            size_t distance = hf_word_distance(name, o->name);
            if (distance < least && distance < strlen(o->name)) {
                least = distance;
                nearest = o;
            }
        }
    }
    if (nearest)
        return hf_fail(HF_ERR_USAGE, "%s: unknown option '%s'; did you mean '--%s'?", command->name,
                       word, nearest->name);
    return hf_fail(HF_ERR_USAGE, "%s: unknown option '%s'; see 'holdfast %s --help'", command->name,
                   word, command->name);
}

static hf_err *check_operands(const hf_command *command, const hf_arguments *arguments)
{
    if (arguments->help)
        return NULL;
    if (arguments->operand_count < command->least_operands)
        return hf_fail(HF_ERR_USAGE, "%s needs %s; see 'holdfast %s --help'", command->name,
                       command->operands, command->name);
    if (arguments->operand_count > command->most_operands)
        return hf_fail(HF_ERR_USAGE, "%s: '%s' is one argument too many; see 'holdfast %s --help'",
                       command->name, arguments->operands[command->most_operands], command->name);
    for (size_t i = 0; i < arguments->operand_count && !command->runs_program; i++)
        if (!*arguments->operands[i])
            return hf_fail(HF_ERR_USAGE, "%s: an argument is empty", command->name);
    return NULL;
}

hf_err *hf_options_parse(const hf_command *command, int argc, char **argv, hf_arguments *ret)
{
    getopt_tables tables;
    size_t count = make_tables(command, &tables);
    hf_arguments arguments = {0};
    opterr = 0;
    optind = 0;
    for (int found;
         (found = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1;) {
        const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";
        if (found == ':')
            return hf_fail(HF_ERR_USAGE, "%s: option '%s' needs a value", command->name, word);
        const hf_option *option = option_of(command, count, found);
        if (!option)
            return unknown_option(command, word);
        hf_err *err = set_option(command, option, optarg, &arguments);
        if (err)
            return err;
        if (option->kind == HF_OPTION_LAST)
            break;
    }
    arguments.operands = argv + optind;
    arguments.operand_count = (size_t)(argc - optind);
    hf_err *err = check_operands(command, &arguments);
    if (err)
        return err;
    *ret = arguments;
    return NULL;
}
