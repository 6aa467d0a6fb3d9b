/* present/symbolize.h - names for the native code of a traced run.
 *
 * A traced process notes binaries and addresses in them. Names are looked up when the run has
 * ended, while the binaries are still what they were (their build ID says so), and stand in the
 * capture, which can then be read anywhere. */
#ifndef HF_PRESENT_SYMBOLIZE_H
#define HF_PRESENT_SYMBOLIZE_H

#include "trace/capture.h"

/* Names all native code of a capture that hf_merge has made, with source lines and the calls that
 * compilers have put into others where there is debug information. What has no name is called by
 * its address in the binary, "+0x1a2b", that of the function where it is known. Binaries are read
 * in the sandbox; one that cannot be read, or is another one by now, has no names. */
hf_err *hf_symbolize(hf_capture *c);

#endif
