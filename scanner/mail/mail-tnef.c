/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-tnef.c - walks the attributes of a TNEF stream, and has libytnef take the MAPI ones apart.
 *
 * The stream's attributes are told as they lie there, which needs no library and no correct
 * checksum. libytnef then sees only the part of the stream whose lengths and sums are right, and
 * from it come the attachments with their names and the objects in MAPI properties. What is cut off
 * at the end is told as it is. Fails by a limit only.
 *
 * Known limit: names and MAPI objects behind the first attribute that stands twice or has a wrong
 * checksum are not told, their attributes are.
 */
#include "scanner/mail/mail-tnef.h"

#include <string.h>
#include <stdio.h> /* also for FILE, which ytnef.h wants */
#include <ytnef.h>

#include "scanner/mail/mail-rtf.h"
#include "scanner/common/byte-number.h"

enum {
    SIGNATURE = 0x223e9f78,
    STREAM_HEADER = 6,    /* signature, key */
    ATTRIBUTE_HEADER = 9, /* level, identifier, length */
    CHECKSUM = 2,
    ONCE_MAX = 64,   /* kinds of attributes; there are some 40 */
    TOLD_MIN = 16,   /* dates and numbers are shorter */
    OBJECT_GUID = 16 /* before an embedded object */
};

typedef struct {
    MailTnefFound found;
    gpointer user_data;
    gboolean stopped;
} Reading;

void mail_tnef_init(void)
{
    if (!freopen("/dev/null", "we", stdout))
        fclose(stdout);
}

static void tell(Reading *reading, const char *name, const void *data, gsize size)
{
    if (!reading->stopped && data && size >= TOLD_MIN)
        reading->stopped = !reading->found(name, data, size, reading->user_data);
}

/* The body, wherever in an attribute it stands: of its sign the place is known. */
static void tell_packed_rtf(Reading *reading, const guint8 *data, gsize size)
{
    static const char *const SIGNS[] = {"LZFu", "MELA"};
    const guint8 *end = data + size;

    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++) {
        const guint8 *at = memmem(data, size, SIGNS[i], 4);

        if (at && at - data >= 8 && mail_rtf_matches(at - 8, (gsize)(end - at) + 8))
            tell(reading, "", at - 8, (gsize)(end - at) + 8);
    }
}

/* MS-OXTNEF 2.1.3.1: the sum of the bytes. */
static gboolean checksum_is_right(const guint8 *data, gsize length)
{
    guint16 sum = 0;

    for (gsize i = 0; i < length; i++)
        sum = (guint16)(sum + data[i]);
    return sum == (guint16)(data[length] | data[length + 1] << 8);
}

/* Attributes that a message, or the attachment in work, has had. */
typedef struct {
    guint32 ids[ONCE_MAX];
    guint count;
} Once;

/* FALSE for a second one: libytnef 2.0 loses the memory of the first. */
static gboolean once_take(Once *once, guint32 id)
{
    for (guint i = 0; i < once->count; i++)
        if (once->ids[i] == id)
            return FALSE;
    if (once->count == ONCE_MAX)
        return FALSE;
    once->ids[once->count++] = id;
    return TRUE;
}

/* By what it is: libytnef does not look at the level. */
static gboolean is_of_attachment(guint32 id)
{
    static const guint32 ids[] = {attAttachData,       attAttachTitle,
                                  attAttachMetaFile,   attAttachCreateDate,
                                  attAttachModifyDate, attAttachTransportFilename,
                                  attAttachRenddata,   attAttachment};

    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
        if (ids[i] == id)
            return TRUE;
    return FALSE;
}

/* Tells each attribute; *ret_sound is where the first that libytnef would stop at begins. FALSE:
 * too many. */
static gboolean walk_attributes(Reading *reading, const guint8 *data, gsize size, gsize *ret_sound)
{
    gsize at = STREAM_HEADER;
    gboolean is_sound = TRUE;
    Once message = {0}, attachment = {0};
    guint count = 0;

    *ret_sound = at;

    while (size - at >= ATTRIBUTE_HEADER) {
        gsize length = byte_number(data + at + 5, 4);
        gsize left = size - at - ATTRIBUTE_HEADER;
        guint32 id;

        if (data[at] != LVL_MESSAGE && data[at] != LVL_ATTACHMENT)
            break;
        if (length > left || left - length < CHECKSUM)
            break;
        if (++count > MAIL_TNEF_ATTRIBUTES_MAX)
            return FALSE;
        tell(reading, "", data + at + ATTRIBUTE_HEADER, length);
        tell_packed_rtf(reading, data + at + ATTRIBUTE_HEADER, length);
        id = byte_number(data + at + 1, 4);
        if (id == attAttachRenddata) /* begins the next attachment */
            attachment.count = 0;
        is_sound = is_sound && checksum_is_right(data + at + ATTRIBUTE_HEADER, length) &&
                   once_take(is_of_attachment(id) ? &attachment : &message, id);
        at += ATTRIBUTE_HEADER + length + CHECKSUM;
        if (is_sound)
            *ret_sound = at;
    }
    if (size > at)
        tell(reading, "", data + at, size - at);
    return TRUE;
}

static void tell_object(Reading *reading, Attachment *attachment, guint type, const char *name)
{
    variableLength *object =
        MAPIFindProperty(&attachment->MAPI, PROP_TAG(type, PR_ATTACH_DATA_OBJ));

    if (!object || object == MAPI_UNDEFINED || object->size <= 0)
        return;
    tell(reading, name, object->data, (gsize)object->size);
    if (object->size > OBJECT_GUID)
        tell(reading, name, object->data + OBJECT_GUID, (gsize)object->size - OBJECT_GUID);
}

static void tell_attachment(Reading *reading, Attachment *attachment)
{
    const variableLength *title = &attachment->Title;
    g_autofree char *name =
        title->data && title->size > 0
            ? g_strndup((const char *)title->data, (gsize)MIN(title->size, 1024))
            : g_strdup("");

    if (attachment->FileData.size > 0)
        tell(reading, name, attachment->FileData.data, (gsize)attachment->FileData.size);
    if (attachment->MAPI.count > 0) {
        tell_object(reading, attachment, PT_OBJECT, name);
        tell_object(reading, attachment, PT_BINARY, name);
    }
}

static void read_with_library(Reading *reading, const guint8 *data, gsize size)
{
    g_autofree TNEFStruct *stream = g_try_new0(TNEFStruct, 1);

    if (!stream)
        return;
    TNEFInitialize(stream);
    /* What it says of the whole does not matter: it keeps what it had read before an error. */
    (void)TNEFParseMemory((BYTE *)data, (long)size, stream);
    for (Attachment *one = stream->starting_attach.next; one; one = one->next)
        tell_attachment(reading, one);
    TNEFFree(stream);
}

MailTnefResult mail_tnef_read(const guint8 *data, gsize size, MailTnefFound found,
                              gpointer user_data)
{
    Reading reading = {.found = found, .user_data = user_data};
    gsize sound;

    if (size < STREAM_HEADER + ATTRIBUTE_HEADER || byte_number(data, 4) != SIGNATURE)
        return MAIL_TNEF_NONE;
    if (size > MAIL_TNEF_SIZE_MAX || !walk_attributes(&reading, data, size, &sound))
        return MAIL_TNEF_TOO_LARGE;
    if (!reading.stopped)
        read_with_library(&reading, data, sound);
    return MAIL_TNEF_DONE;
}
