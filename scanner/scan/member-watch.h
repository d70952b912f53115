/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * member-watch.h - listens to libclamav while it takes a content apart, and keeps book.
 *
 * libclamav tells which members an archive names, and which layers it opens. What is named but
 * never opened was not scanned, whatever libclamav answers: it passes over unknown compression
 * methods, broken members and formats that it was built without in silence.
 */
#ifndef SCANNER_MEMBER_WATCH_H
#define SCANNER_MEMBER_WATCH_H

#include "filters/rules.h"
#include "scanner/scan/members.h"
#include "scanner/scan/scanned-object.h"
#include "scanner/type/file-type.h"

typedef enum {
    MEMBER_REST_ARCHIVE, /* for unpack.h */
    MEMBER_REST_GUESS,   /* in the middle of something else: if it cannot be unpacked, it is none */
    MEMBER_REST_PDF,     /* for pdf-file.h */
    MEMBER_REST_MAIL,    /* to be read as if it had come by mail */
    MEMBER_REST_BEHIND   /* behind an archive's end: a content of its own */
} MemberRestKind;

/* A layer that libclamav could not take apart, or only in part. */
typedef struct {
    MemberRestKind kind;
    guint number;  /* in the list; 0: the content itself */
    GBytes *bytes; /* NULL: the content itself */
} MemberRest;

typedef struct MemberLayer MemberLayer;

typedef struct {
    const FilterRules *rules; /* to know where libmagic is needed; NULL: nowhere */
    FileTyper *typer;
    Members *members; /* where what is found goes */
    guint root;       /* number of what is scanned; 0: the content itself */
    gboolean is_part; /* what is scanned stands behind an end in the content */
    gboolean is_mail; /* whose parts are scanned again by themselves: it has no rests */

    /* What came of it. */
    gboolean has_encrypted;     /* a member cannot be opened without a password */
    gboolean has_disguised;     /* an archive names a member twice, with different extensions */
    gboolean has_overlap;       /* members of a zip share their bytes */
    gboolean has_contradiction; /* a zip says two things of where a member ends, or of its lock */
    gboolean has_unread;        /* a member that a zip names is not there */
    gboolean has_lost_rest;     /* more than can be kept for unpacking */
    gboolean has_unread_pdf;    /* libclamav cannot open one that needs none */
    GArray *rests;              /* of MemberRest; NULL: none */

    /* For the functions below alone. */
    MemberLayer *top; /* the innermost that is open, or NULL */
    gboolean has_alarm;
    gboolean has_open_pdf, has_locked_pdf; /* encrypted: needs no password; may need one */
    gsize rest_bytes;
} MemberWatch;

void member_watch_init(MemberWatch *watch, Members *members, guint root, const FilterRules *rules,
                       FileTyper *typer);
void member_watch_clear(MemberWatch *watch);

/* The same content is scanned once more, from its beginning. */
void member_watch_restart(MemberWatch *watch);

/* The rest of a text from something on that looks like a mail: libclamav puts a line before it, and
 * reads it as one. */
gboolean member_watch_is_rest(const void *data, gsize size);

/* libclamav's callbacks, in its own terms. */
void member_watch_open(MemberWatch *watch, const ScannedObject *object);
void member_watch_close(MemberWatch *watch);
void member_watch_named(MemberWatch *watch, const char *container, const char *name, guint64 size,
                        gboolean is_encrypted, guint position);
/* libclamav says that a PDF is encrypted. FALSE: all of them open without a password, and are told
 * as rests. */
gboolean member_watch_pdf_is_locked(MemberWatch *watch);
/* TRUE if the layer in work is such a rest, and a reader of ours finds all mails in the text that
 * it is of. */
gboolean member_watch_is_read_rest(const MemberWatch *watch);
/* Something was found in the layer in work. */
void member_watch_alarm(MemberWatch *watch);

/* The true type of what is in the list, or will be, with libmagic where a rule asks for it.
 * rules: NULL: none does. */
void member_tell_type(const FilterRules *rules, FileTyper *typer, const Member *member,
                      const void *data, gsize size, Verdict *type);
/* A member as the rules see it; borrows from it. */
FilterSubject member_subject(const Member *member);

#endif /* SCANNER_MEMBER_WATCH_H */
