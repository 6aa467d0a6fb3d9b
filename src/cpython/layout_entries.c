#include "cpython/layout_entries.h"

#include <string.h>

#define ENTRY(kind, first, end, name, structure, member)                                 \
    {                                                                                    \
        #name, offsetof(hf_layout, name), HF_ENTRY_##kind, first, end, structure, member \
    }

#define HF_FIELD_IN(first, end, name, structure, member) \
    ENTRY(FIELD, first, end, name, #structure, #member),
#define HF_FIELD(name, structure, member) HF_FIELD_IN(0, 0xffff, name, structure, member)
#define HF_ALSO_IN(first, end, name, structure, member) \
    HF_FIELD_IN(first, end, name, structure, member)
#define HF_SIZE_IN(first, end, name, structure)      ENTRY(SIZE, first, end, name, #structure, ""),
#define HF_SIZE(name, structure)                     HF_SIZE_IN(0, 0xffff, name, structure)
#define HF_ALSO_SIZE_IN(first, end, name, structure) HF_SIZE_IN(first, end, name, structure)
#define HF_BITS_IN(first, end, name, structure, member) \
    ENTRY(BITS, first, end, name, #structure, #member), \
        ENTRY(MASK, first, end, name##_mask, #structure, #member),
#define HF_BITS(name, structure, member) HF_BITS_IN(0, 0xffff, name, structure, member)
#define HF_CONSTANT_IN(first, end, name, expression) \
    ENTRY(CONSTANT, first, end, name, #expression, ""),
#define HF_CONSTANT(name, expression) HF_CONSTANT_IN(0, 0xffff, name, expression)
#define HF_ALSO_CONSTANT_IN(first, end, name, expression) \
    HF_CONSTANT_IN(first, end, name, expression)

const hf_layout_entry hf_layout_entries[] = {
#include "cpython/layout_fields.h"
};

const size_t hf_layout_entry_count = sizeof(hf_layout_entries) / sizeof(hf_layout_entries[0]);

int32_t hf_entry_value(const hf_layout *layout, const hf_layout_entry *entry)
{
    int32_t value;
    memcpy(&value, (const char *)layout + entry->place, sizeof(value));
    return value;
}

bool hf_entry_is_for(const hf_layout *layout, const hf_layout_entry *entry)
{
    uint32_t version = layout->first_version >> 16;
    return version >= entry->first && version < entry->end &&
           hf_entry_value(layout, entry) != HF_ABSENT;
}

const char *hf_entry_name(size_t place)
{
    for (size_t i = 0; i < hf_layout_entry_count; i++)
        if (hf_layout_entries[i].place == place)
            return hf_layout_entries[i].name;
    return "";
}
