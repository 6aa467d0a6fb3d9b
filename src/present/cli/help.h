/* present/cli/help.h - the table of commands as help, man pages and completion. */
#ifndef HF_PRESENT_CLI_HELP_H
#define HF_PRESENT_CLI_HELP_H

#include "present/cli/commands.h"
#include "present/text.h"

/* All commands, one line each, the most useful ones first. */
void hf_help_overview(hf_text *t);
void hf_help_command(hf_text *t, const hf_command *command);

/* Writes holdfast.1, holdfast-NAME.1 for every command, and the bash completion `holdfast` into a
 * folder that is there. */
hf_err *hf_help_write_files(const char *folder);

#endif
