/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-union.h - the union of what all readings of one content find.
 *
 * A finding of any reading counts. The readings share the memory of what was scanned already, by
 * its bytes or their digest, and the limits: distinct byte strings ([limits] message-parts), bytes
 * decoded (scan-size), levels of encoding (message-depth), time.
 */
#ifndef SCANNER_JUDGE_UNION_H
#define SCANNER_JUDGE_UNION_H

#include "scanner/judge/judge.h"

/* Of judge-union.c: what was scanned in this request. */
typedef struct UnionSeen UnionSeen;

typedef struct Union {
    Judge *judge;
    struct Union *outer; /* of the content around this one; its memory is not used. NULL: none */
    const void *text;    /* what is read; it stays while this is in use */
    gsize text_size;
    UnionSeen *first;  /* the first part, if it stands in the text unencoded; else NULL */
    GHashTable *more;  /* all others, by digest; NULL: none, as in most messages */
    guint kept;        /* members kept in all of them */
    Members *members;  /* lists what is found in the part being read */
    guint64 bytes;     /* decoded so far */
    gboolean is_over;  /* a limit was reached: all readings stop */
    const char *plain; /* the text, if mail_plain_check() said that it is plain; else NULL */
} Union;

/* judge_inside() uses it until it is cleared. */
void union_init(Union *all, Judge *judge, const void *text, gsize size, Members *members);
void union_clear(Union *all);

/* Makes `worst` worse, never better. */
void union_note(const Union *all, Verdict *worst, StorehookVerdictKind kind, const char *name);

/* judge-union.c: the verdict on decoded bytes; what lies inside is added to `members`. `is_raw`:
 * the bytes stand like this in a message, whose text is searched for encoded runs anyway. */
void union_judge(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
                 Members *members, Verdict *verdict);
/* Lists a part by its raw name, if it has one, and its members. */
void union_list(Union *all, const char *name, const guint8 *data, const Verdict *verdict,
                const Members *inside);

/* judge-parts.c: a message by all readings; `copy` as in judge_parts(). is_mail: FALSE for a text
 * that only begins like a message: doubts count once its header proves that it is one. */
void union_read_message(Union *all, const char *text, gsize size, guint nesting, gboolean is_mail,
                        JudgeCopy *copy, Verdict *worst);
/* Searches a text that is no message for encoded runs. */
void union_read_runs(Union *all, const char *text, gsize size, guint nesting, Verdict *worst);

#endif /* SCANNER_JUDGE_UNION_H */
