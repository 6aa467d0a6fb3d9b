/* acquire/inside.h - what a target is made of; for this folder only. */
#ifndef HF_ACQUIRE_INSIDE_H
#define HF_ACQUIRE_INSIDE_H

#include "acquire/account.h"
#include "acquire/demand.h"
#include "acquire/elf.h"
#include "acquire/files.h"
#include "acquire/frozen.h"
#include "acquire/maps.h"
#include "acquire/process.h"
#include "acquire/residence.h"

struct hf_target {
    hf_target_info info; /* its texts and threads are owned */
    hf_freeze_info freeze;
    hf_maps maps;
    hf_process process;       /* pid 0 in a frozen target */
    hf_frozen memory;         /* empty in a live target */
    hf_residence residence;   /* the same */
    hf_account account;       /* the same */
    hf_cgroup_account cgroup; /* the same */
    bool knows_images;
    hf_elf_image *images; /* of binaries with dynamic symbols, in order of address */
    size_t image_count;
    hf_target_file files[HF_FILES_MAX];
    size_t file_count;
    bool owns_files;          /* those of a core file belong to its input */
    hf_target_reader *reader; /* of a live target whose memory somebody else reads; or NULL */
    void *reader_context;
    struct hf_freezing *held; /* whose thread holds the copy, or NULL */
    hf_demand *demand;        /* what is read from it when somebody looks, or NULL */
    bool lost;                /* the copy had ended before it was to */
};

/* An empty target. The caller frees it with hf_target_free(). */
hf_err *hf_target_new(hf_target **ret);

/* files.c. Adds a file, unless there are HF_FILES_MAX. */
void hf_target_add_file(hf_target *t, uint64_t inode, const char *path, uint8_t *bytes,
                        size_t size);
void hf_target_unmap_files(hf_target *t);

/* Asks /proc for what hf_target_info holds. Fails with HF_ERR_TARGET_GONE. */
hf_err *hf_target_fill_info(hf_target *t, const hf_process *p);

/* Reads and parses /proc/PID/maps. Fails with HF_ERR_TARGET_GONE. */
hf_err *hf_process_maps(pid_t pid, hf_maps *ret);

/* HF_ERR_TARGET_GONE about this process. */
hf_err *hf_process_gone(pid_t pid);

#endif
