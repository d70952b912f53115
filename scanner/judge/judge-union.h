/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-union.h - between the files that read one content in several ways.
 *
 * Whatever any reading finds counts. All readings of one request share what was scanned already,
 * by its bytes or their digest, and the limits: distinct byte strings ([limits] message-parts),
 * bytes decoded (scan-size), levels of encoding (message-depth), time.
 */
#ifndef SCANNER_JUDGE_UNION_H
#define SCANNER_JUDGE_UNION_H

#include "scanner/judge/judge.h"

/* Of judge-union.c: what was scanned in this request. */
typedef struct UnionSeen UnionSeen;

typedef struct Union {
    Judge *judge;
    struct Union *outer; /* in which this one is read without its memory; NULL: none */
    const void *text;    /* what all is read from; its bytes stay */
    gsize text_size;
    UnionSeen *first;  /* if it stands in the text as it is, else NULL */
    GHashTable *more;  /* the others, by digest; NULL: none, as in most messages */
    guint kept;        /* members in all of them */
    Members *members;  /* where what is found in the part in work is listed */
    guint64 bytes;     /* decoded so far */
    gboolean is_over;  /* a limit was met: no reading goes on */
    const char *plain; /* a text that mail_plain_check() was asked about and found so, or NULL */
} Union;

/* Until it is cleared it is the one that judge_inside() reads by. */
void union_init(Union *all, Judge *judge, const void *text, gsize size, Members *members);
void union_clear(Union *all);

/* Makes `worst` worse, never better. */
void union_note(const Union *all, Verdict *worst, StorehookVerdictKind kind, const char *name);

/* judge-union.c: the verdict on decoded bytes and what is in them, which goes to `members`.
 * `is_raw`: the same bytes stand in a message whose text is read for encoded runs anyway. */
void union_judge(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
                 Members *members, Verdict *verdict);
/* Lists a part by its raw name, if it has one, and what lies inside of it. */
void union_list(Union *all, const char *name, const guint8 *data, const Verdict *verdict,
                const Members *inside);
/* What libclamav may not open in bytes that it has scanned. */
void union_read_inside(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
                       Verdict *worst);

/* judge-parts.c: a message by all readings; `copy` as in judge_parts(). Where
 * `is_mail` is FALSE the text only begins like a message, and its header must first show that it is
 * one before anything odd in it counts. */
void union_read_message(Union *all, const char *text, gsize size, guint nesting, gboolean is_mail,
                        JudgeCopy *copy, Verdict *worst);
/* Encoded runs in a text that is no message. */
void union_read_runs(Union *all, const char *text, gsize size, guint nesting, Verdict *worst);

#endif /* SCANNER_JUDGE_UNION_H */
