/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-cms.c - walks through the outer elements of a CMS structure to the content in it.
 *
 * More tolerant than any mail program: certificates and signatures are passed over unread, what is
 * cut off is read as far as it goes, strings in pieces and of unknown length are put together.
 * Time is linear in the size, and nothing is called again for what lies within.
 *
 * Cannot fail but by NULL. Known limit: content that is no OCTET STRING (PKCS #7 of old allowed any
 * type) is not told; in mail it is one.
 */
#include "scanner/mail/mail-cms.h"

#include <string.h>

enum {
    TAG_END = 0, /* of an element whose length is not known */
    TAG_OCTETS = 0x04,
    TAG_OID = 0x06,
    TAG_OCTETS_IN_PIECES = 0x24,
    TAG_SEQUENCE = 0x30,
    TAG_CONTENT = 0xa0,
    CONSTRUCTED = 0x20,
    LONG_TAG = 0x1f
};

/* What an OBJECT IDENTIFIER has in it. */
static const struct {
    guint8 bytes[11];
    gsize size;
    MailCms kind;
} KINDS[] = {
    /* 1.2.840.113549.1.7.1 to .6: data, signed, enveloped, signed and enveloped, digested,
     * encrypted */
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}, 9, MAIL_CMS_OPEN},
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}, 9, MAIL_CMS_OPEN},
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3}, 9, MAIL_CMS_ENCRYPTED},
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 4}, 9, MAIL_CMS_ENCRYPTED},
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 5}, 9, MAIL_CMS_OPEN},
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6}, 9, MAIL_CMS_ENCRYPTED},
    /* 1.2.840.113549.1.9.16.1.2, .9 and .23: authenticated, compressed, both sealed and
     * authenticated */
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 2}, 11, MAIL_CMS_OPEN},
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 9}, 11, MAIL_CMS_COMPRESSED},
    {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 23}, 11, MAIL_CMS_ENCRYPTED},
};

typedef struct {
    const guint8 *at, *end;
} Walk;

typedef struct {
    guint8 tag;
    gboolean is_open; /* its length is not known: TAG_END ends it */
    gsize size;       /* else what is there of it */
} Element;

/* The head of the next element (X.690 8.1), behind which the walk then stands. */
static gboolean walk_head(Walk *walk, Element *ret)
{
    gsize left = (gsize)(walk->end - walk->at), count, size;

    if (left < 2 || (walk->at[0] & LONG_TAG) == LONG_TAG)
        return FALSE;
    size = walk->at[1];
    count = size > 0x80 ? size & 0x7f : 0;
    if (count > 8 || left - 2 < count)
        return FALSE;
    *ret = (Element){.tag = walk->at[0], .is_open = size == 0x80};
    for (gsize i = 0; i < count; i++)
        size = (i == 0 ? 0 : size << 8) | walk->at[2 + i];
    walk->at += 2 + count;
    ret->size = MIN(ret->is_open ? G_MAXSIZE : size, (gsize)(walk->end - walk->at));
    return TRUE;
}

/* Past an element whose head was read. */
static gboolean walk_skip(Walk *walk, const Element *element)
{
    Element inner = *element;
    gsize open = 0;

    do {
        if (inner.is_open)
            open++;
        else
            walk->at += inner.size;
        if (inner.tag == TAG_END && inner.size == 0 && open > 0)
            open--;
    } while (open > 0 && walk_head(walk, &inner));
    return open == 0;
}

/* Goes into the next element if it has this tag. */
static gboolean walk_enter(Walk *walk, guint8 tag)
{
    Element element;

    if (!walk_head(walk, &element) || element.tag != tag)
        return FALSE;
    walk->end = walk->at + element.size;
    return TRUE;
}

static gboolean walk_pass(Walk *walk, guint8 tag)
{
    Element element;

    return walk_head(walk, &element) && element.tag == tag && walk_skip(walk, &element);
}

/* What stands first in a structure, as a list of content type and content. */
static gboolean enter_content(Walk *walk)
{
    return walk_pass(walk, TAG_OID) && walk_enter(walk, TAG_CONTENT);
}

/* Puts the pieces together, however deep they lie. */
static GBytes *take_octets(Walk walk)
{
    g_autofree guint8 *bytes = NULL;
    gsize used = 0, open = 0;
    Element element;

    while (walk_head(&walk, &element)) {
        if (element.tag == TAG_OCTETS_IN_PIECES) {
            open += element.is_open;
            continue; /* its pieces are next */
        }
        if (element.tag == TAG_END && open > 0) {
            open--;
            continue;
        }
        if (element.tag != TAG_OCTETS || element.is_open)
            break;
        if (!bytes)
            bytes = g_try_malloc((gsize)(walk.end - walk.at) + 1);
        if (!bytes)
            return NULL;
        memcpy(bytes + used, walk.at, element.size);
        used += element.size;
        walk.at += element.size;
    }
    return used > 0 ? g_bytes_new_take(g_steal_pointer(&bytes), used) : NULL;
}

static gboolean is_kind(const guint8 *at, gsize size, MailCms *ret)
{
    Walk walk = {at, at + size};
    Element element;

    if (!walk_head(&walk, &element) || element.tag != TAG_OID)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        if (element.size != KINDS[i].size || memcmp(walk.at, KINDS[i].bytes, KINDS[i].size) != 0)
            continue;
        *ret = KINDS[i].kind;
        return TRUE;
    }
    return FALSE;
}

MailCms mail_cms_recognize(const guint8 *data, gsize size)
{
    Walk walk = {data, data + size};
    MailCms kind = MAIL_CMS_NONE;

    if (size > 0 && data[0] == TAG_SEQUENCE && walk_enter(&walk, TAG_SEQUENCE))
        (void)is_kind(walk.at, (gsize)(walk.end - walk.at), &kind);
    return kind;
}

GBytes *mail_cms_content(const guint8 *data, gsize size)
{
    Walk walk = {data, data + size};
    Element element;

    if (!walk_enter(&walk, TAG_SEQUENCE) || !enter_content(&walk))
        return NULL;
    if (walk.at < walk.end && (walk.at[0] & ~CONSTRUCTED) == TAG_OCTETS)
        return take_octets(walk);
    if (!walk_enter(&walk, TAG_SEQUENCE))
        return NULL;
    /* Versions, algorithms and receivers stand before; the content alone has a tag of its own. */
    while (walk_head(&walk, &element)) {
        Walk inside = walk;

        if (element.tag == TAG_SEQUENCE) {
            inside.end = inside.at + element.size;
            if (enter_content(&inside))
                return take_octets(inside);
        }
        if (!walk_skip(&walk, &element))
            return NULL;
    }
    return NULL;
}
