/* present/cli/version.h - what `holdfast --version` says: which program this is, and how it was
 * built. The first line is "holdfast VERSION" and nothing else, for scripts. */
#ifndef HF_PRESENT_CLI_VERSION_H
#define HF_PRESENT_CLI_VERSION_H

#include "present/text.h"

void hf_version_print(hf_text *t);

/* "commit 1a2b3c4", with ", changed" where the sources differ from it; "release" where they were
 * no git checkout. The build writes it (tools/write_commit.cmake). */
extern const char hf_build_source[];

#endif
