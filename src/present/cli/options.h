/* present/cli/options.h - the command line of one command, read by its table. */
#ifndef HF_PRESENT_CLI_OPTIONS_H
#define HF_PRESENT_CLI_OPTIONS_H

#include "present/cli/commands.h"

/* Fills *ret from argv[1 ...] (argv[0] is the command's name); the texts stay argv's. Fails with
 * HF_ERR_USAGE. Too few operands are an error unless --help is among the options. */
hf_err *hf_options_parse(const hf_command *command, int argc, char **argv, hf_arguments *ret);

/* "10s", "2m", "250ms", "1h"; a bare number is seconds. False for anything else, and for what is
 * not above 0 or longer than 30 days. */
bool hf_parse_duration(const char *text, double *ret_seconds);

/* "512K", "1M", "65536": bytes, from 1 KiB to 1 GiB. False for anything else. */
bool hf_parse_size(const char *text, uint64_t *ret);

/* 0x7f31c2a41b80, with or without 0x; hexadecimal only. */
bool hf_parse_address(const char *text, uint64_t *ret);

#endif
