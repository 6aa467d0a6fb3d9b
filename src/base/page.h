/* base/page.h - pages of memory: what mappings begin and end with, what /proc/PID/pagemap counts,
 * what a kernel copies.
 *
 * x86-64 has no other page than this (Intel SDM volume 3, "Paging"); what is called a huge page
 * there is a row of them to all that is read here. Memory is read only from processes, and core
 * files, of the kind of machine that this program was built for. */
#ifndef HF_BASE_PAGE_H
#define HF_BASE_PAGE_H

enum { HF_PAGE_SIZE = 4096 }; /* bytes */

#endif
