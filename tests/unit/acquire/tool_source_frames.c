/* tool_source_frames FILE - reads addresses (hexadecimal, ascending) from standard input and prints
 * of each what acquire/source_frames.h tells: "address", then "function<tab>file:line" from the
 * innermost call out, with the names that the linker has. */
#include "acquire/source_frames.h"
#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t *addresses;
static size_t count;

static void print(void *context, size_t index, const hf_source_frame *frames, size_t frame_count)
{
    (void)context;
    printf("0x%" PRIx64 "\n", addresses[index]);
    for (size_t i = 0; i < frame_count; i++) {
        const hf_source_frame *f = &frames[i];
        const char *plain = f->name ? f->name : "?";
        bool whole = !f->file || !f->folder || *f->file == '/';
        printf("%s\t%s%s%s:%u\n", f->symbol ? f->symbol : plain, whole ? "" : f->folder,
               whole ? "" : "/", f->file ? f->file : "?", f->line);
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    hf_buf bytes = {0};
    uint8_t *room;
    size_t n;
    if (!file)
        return 2;
    while ((room = hf_buf_reserve(&bytes, 1 << 20)) && (n = fread(room, 1, 1 << 20, file)))
        bytes.length += n;
    fclose(file);
    addresses = malloc(sizeof(*addresses) << 20);
    while (addresses && count < 1 << 20 && scanf("%" SCNx64, &addresses[count]) == 1)
        count++;
    bool found =
        addresses && hf_source_frames_read(bytes.data, bytes.length, addresses, count, print, NULL);
    free(addresses);
    hf_buf_deinit(&bytes);
    return found ? 0 : 1;
}
