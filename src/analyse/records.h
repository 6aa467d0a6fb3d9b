/* analyse/records.h - what is kept about an object for as long as it lives.
 *
 * A table of records about objects looks like their holder: it has the records. Where each record
 * has a weak reference that calls back when its object ends, and the object has the record, the
 * table loses the record then, and whoever holds the object is the cause. SQLAlchemy's identity map
 * is such a table (sqlalchemy/orm/identity.py, WeakInstanceDict; orm/state.py,
 * InstanceState._cleanup, version 2.0). */
#ifndef HF_ANALYSE_RECORDS_H
#define HF_ANALYSE_RECORDS_H

#include "analyse/dominators.h"
#include "analyse/timeline.h"

/* For each object of the last snapshot the newly born object whose record it is, or HF_NO_OBJECT.
 * The dominators are those of the last snapshot. The caller frees it; NULL when out of memory. */
uint32_t *hf_records_of(const hf_timeline *t, const hf_dominators *d);

#endif
