/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * release.c - puts the digests on the allow list, delivers, and records who got the message, in
 * this order.
 *
 * The digests come first, since the store asks about the message while it is being delivered. Who
 * got it is recorded on the disk when the conversation is over. A crash before that leads to a
 * second copy at the next release, never to none.
 *
 * Fails with RELEASE_ERROR, or as quarantine, allow list and LMTP client do.
 */
#include "scanner/records/release.h"

#include "scanner/common/hex.h"
#include "scanner/records/lmtp-client.h"

#include <string.h>

G_DEFINE_QUARK(storehook_release_error, release_error)

#define DEFAULT_TIMEOUT_SECONDS 60
#define DEFAULT_ALLOW_DAYS 30

typedef struct {
    Quarantine *quarantine;
    Incidents *incidents;
    char *id, *incident;
    GPtrArray *originals; /* addresses */
    GPtrArray *wanted;    /* the originals, or those that the operator named */
    JsonArray *results;
    gboolean originals_known;
    ReleaseDone done;
    gpointer user_data;
} Release;

static void release_free(Release *release)
{
    quarantine_unclaim(release->quarantine, release->id);
    g_free(release->id);
    g_free(release->incident);
    g_ptr_array_unref(release->originals);
    g_ptr_array_unref(release->wanted);
    json_array_unref(release->results);
    g_free(release);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Release, release_free)

static void add_result(Release *release, const char *address, gboolean delivered, int code,
                       const char *reply, gboolean already)
{
    JsonObject *result = json_object_new();

    json_object_set_string_member(result, "address", address);
    json_object_set_boolean_member(result, "delivered", delivered);
    json_object_set_int_member(result, "code", code);
    json_object_set_string_member(result, "reply", reply);
    json_object_set_boolean_member(result, "already", already);
    json_array_add_object_element(release->results, result);
}

static gboolean all_have_it(Release *release, GPtrArray *addresses)
{
    for (guint i = 0; i < addresses->len; i++) {
        if (!quarantine_is_delivered(release->quarantine, release->id, addresses->pdata[i]))
            return FALSE;
    }
    return TRUE;
}

/* Reports to the caller. The item is marked released when all of its own recipients have it or,
 * where those are not known, all that the operator named. */
static void conclude(Release *release, const GError *reason)
{
    g_autoptr(JsonObject) report = json_object_new();
    g_autoptr(GError) error = reason != NULL ? g_error_copy(reason) : NULL;
    gboolean complete = all_have_it(release, release->wanted);
    gboolean released =
        complete && (!release->originals_known || all_have_it(release, release->originals));

    if (released)
        released = quarantine_mark_released(release->quarantine, release->id,
                                            error == NULL ? &error : NULL);
    if (!complete && error == NULL)
        error = g_error_new_literal(RELEASE_ERROR, RELEASE_ERROR_DELIVERY,
                                    "not every recipient got the message");
    json_object_set_string_member(report, "id", release->id);
    json_object_set_boolean_member(report, "released", released);
    json_object_set_array_member(report, "recipients", json_array_ref(release->results));
    release->done(report, complete ? NULL : error, release->user_data);
}

/* In one transaction: on a slow disk each sync would hold up the supervisor. */
static gboolean add_notes(const Release *release, GPtrArray *delivered, GError **error)
{
    gboolean ok = incidents_begin(release->incidents, error);

    if (!ok)
        return FALSE;
    for (guint i = 0; ok && i < delivered->len && delivered->pdata[i] != NULL; i++) {
        g_autofree char *note = g_strdup_printf("released to %s", (char *)delivered->pdata[i]);

        ok = incidents_add_note(release->incidents, release->incident, note, error);
    }
    return incidents_commit(release->incidents, ok ? error : NULL) && ok;
}

static void on_delivered(GPtrArray *recipients, const GError *error, gpointer user_data)
{
    g_autoptr(Release) release = user_data;
    g_autoptr(GPtrArray) delivered = g_ptr_array_new();
    g_autoptr(GError) local = NULL;

    for (guint i = 0; i < recipients->len; i++) {
        const LmtpRecipient *recipient = recipients->pdata[i];

        add_result(release, recipient->address, recipient->delivered, recipient->code,
                   recipient->reply, FALSE);
        if (recipient->delivered)
            g_ptr_array_add(delivered, recipient->address);
    }
    g_ptr_array_add(delivered, NULL);
    if (!quarantine_mark_delivered(release->quarantine, release->id,
                                   (const char *const *)delivered->pdata, &local) ||
        !add_notes(release, delivered, &local))
        g_warning("release of %s: %s", release->id, local->message);
    conclude(release, error);
}

static gboolean allow_digests(AllowList *allow, JsonObject *about, const ReleaseSettings *settings,
                              GError **error)
{
    JsonArray *hex = json_object_get_array_member(about, "digests");
    guint count = json_array_get_length(hex);
    g_autofree guint8 *digests = g_malloc0(MAX(count, 1) * ALLOW_LIST_DIGEST);
    guint days = settings->allow_days != 0 ? settings->allow_days : DEFAULT_ALLOW_DAYS;
    g_autofree char *reason =
        g_strdup_printf("released from quarantine: %s", json_object_get_string_member(about, "id"));

    for (guint i = 0; i < count; i++) {
        const char *text = json_array_get_string_element(hex, i);
        if (text == NULL || !hex_read(text, digests + i * ALLOW_LIST_DIGEST, ALLOW_LIST_DIGEST)) {
            g_set_error(error, RELEASE_ERROR, RELEASE_ERROR_ITEM,
                        "the item's digests cannot be read");
            return FALSE;
        }
    }
    return allow_list_add(allow, digests, count, reason,
                          g_get_real_time() / G_USEC_PER_SEC + (gint64)days * 86400, error);
}

static gboolean choose_recipients(Release *release, JsonObject *about, const char *const *to,
                                  GError **error)
{
    JsonArray *recipients = json_object_get_array_member(about, "recipients");

    for (guint i = 0; i < json_array_get_length(recipients); i++)
        g_ptr_array_add(release->originals, g_strdup(json_array_get_string_element(recipients, i)));
    release->originals_known =
        release->originals->len > 0 && !json_object_get_boolean_member(about, "recipients-cut");
    for (; to != NULL && *to != NULL; to++)
        g_ptr_array_add(release->wanted, g_strdup(*to));
    if (release->wanted->len > 0)
        return TRUE;
    if (!release->originals_known) {
        g_set_error(error, RELEASE_ERROR, RELEASE_ERROR_ITEM,
                    "the message's recipients are not all known: say to whom");
        return FALSE;
    }
    for (guint i = 0; i < release->originals->len; i++)
        g_ptr_array_add(release->wanted, g_strdup(release->originals->pdata[i]));
    return TRUE;
}

/* Those that do not have it yet. The others are added to the results. */
static GPtrArray *left_to_do(Release *release)
{
    GPtrArray *left = g_ptr_array_new();

    for (guint i = 0; i < release->wanted->len; i++) {
        const char *address = release->wanted->pdata[i];
        if (quarantine_is_delivered(release->quarantine, release->id, address))
            add_result(release, address, TRUE, 0, "has it already", TRUE);
        else
            g_ptr_array_add(left, (gpointer)address);
    }
    return left;
}

/* FALSE: nothing was started. On TRUE the release is finished or running, and *release is NULL. */
static gboolean begin(Release **release, const ReleaseRequest *request, GError **error)
{
    const ReleaseSettings *settings = request->settings;
    Release *self = *release;
    g_autoptr(JsonObject) about = quarantine_describe(self->quarantine, self->id, error);

    if (about == NULL)
        return FALSE;
    self->incident = g_strdup(json_object_get_string_member(about, "incident"));
    if (settings->lmtp == NULL || *settings->lmtp == '\0') {
        g_set_error(error, RELEASE_ERROR, RELEASE_ERROR_SETTINGS,
                    "[quarantine] release-lmtp= is not set: nowhere to deliver to");
        return FALSE;
    }
    if (!json_object_get_boolean_member(about, "is-message")) {
        g_set_error(error, RELEASE_ERROR, RELEASE_ERROR_ITEM,
                    "a content without its message cannot be delivered");
        return FALSE;
    }
    if (!choose_recipients(self, about, request->to, error))
        return FALSE;
    g_autoptr(GPtrArray) left = left_to_do(self);
    if (left->len == 0) {
        conclude(self, NULL);
        g_clear_pointer(release, release_free);
        return TRUE;
    }
    g_autoptr(GBytes) message = quarantine_read(self->quarantine, self->id, error);
    if (message == NULL || !allow_digests(request->allow, about, settings, error))
        return FALSE;
    g_ptr_array_add(left, NULL);
    LmtpDelivery delivery = {
        .server = settings->lmtp,
        .sender = json_object_get_string_member(about, "sender"),
        .recipients = (const char *const *)left->pdata,
        .message = message,
        .timeout_seconds =
            settings->timeout_seconds != 0 ? settings->timeout_seconds : DEFAULT_TIMEOUT_SECONDS,
    };
    lmtp_deliver(&delivery, on_delivered, g_steal_pointer(release));
    return TRUE;
}

void release_start(const ReleaseRequest *request, ReleaseDone done, gpointer user_data)
{
    g_autoptr(Release) release = NULL;
    g_autoptr(GError) error = NULL;

    if (!quarantine_claim(request->quarantine, request->id, &error)) {
        done(NULL, error, user_data);
        return;
    }
    release = g_new0(Release, 1);
    release->quarantine = request->quarantine;
    release->incidents = request->incidents;
    release->id = g_strdup(request->id);
    release->originals = g_ptr_array_new_with_free_func(g_free);
    release->wanted = g_ptr_array_new_with_free_func(g_free);
    release->results = json_array_new();
    release->done = done;
    release->user_data = user_data;
    if (!begin(&release, request, &error))
        done(NULL, error, user_data);
}
