/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-delivery.c - recipients, their folders and their outcome.
 *
 * Recipients that mean the same folder get one copy and each a reply. A failure is of one recipient
 * (its mailbox, its folder) or of all (the message could not be stored).
 */
#include "mailstore/server/lmtp-delivery.h"
#include "mailstore/server/log.h"

#include <string.h>

typedef struct {
    char *address;
    char *user;      /* NULL for a folder */
    guint64 mailbox; /* of a folder */
    char *folder_name;
    guint64 folder; /* found by the worker */
    GError *error;
} Recipient;

struct LmtpDelivery {
    GPtrArray *recipients;
    Recipient *proposed;
    char *sender;
    GBytes *text;
};

static void recipient_free(gpointer data)
{
    Recipient *recipient = data;

    if (recipient == NULL)
        return;
    g_free(recipient->address);
    g_free(recipient->user);
    g_free(recipient->folder_name);
    g_clear_error(&recipient->error);
    g_free(recipient);
}

LmtpDelivery *lmtp_delivery_new(void)
{
    LmtpDelivery *delivery = g_new0(LmtpDelivery, 1);

    delivery->recipients = g_ptr_array_new_with_free_func(recipient_free);
    return delivery;
}

LmtpDelivery *lmtp_delivery_free(LmtpDelivery *delivery)
{
    if (delivery == NULL)
        return NULL;
    g_ptr_array_unref(delivery->recipients);
    recipient_free(delivery->proposed);
    g_clear_pointer(&delivery->text, g_bytes_unref);
    g_free(delivery->sender);
    g_free(delivery);
    return NULL;
}

guint lmtp_delivery_count(const LmtpDelivery *delivery)
{
    return delivery->recipients->len;
}

void lmtp_delivery_add_user(LmtpDelivery *delivery, const char *address, const char *user)
{
    Recipient *recipient = g_new0(Recipient, 1);

    recipient->address = g_strdup(address);
    recipient->user = g_ascii_strdown(user, -1);
    g_ptr_array_add(delivery->recipients, recipient);
}

void lmtp_delivery_propose(LmtpDelivery *delivery, const char *address, guint64 mailbox,
                           const char *folder)
{
    Recipient *recipient = g_new0(Recipient, 1);

    recipient->address = g_strdup(address);
    recipient->mailbox = mailbox;
    recipient->folder_name = g_strdup(folder);
    recipient_free(delivery->proposed);
    delivery->proposed = recipient;
}

/* The folder by its name, and only a shared one: the owner of the shared folders has an inbox of
 * its own that is nobody's to write to. */
static gboolean find_shared(MailSession *session, Recipient *recipient, GError **error)
{
    g_autoptr(MailFolder) folder =
        mail_folder_find(session, recipient->mailbox, recipient->folder_name, error);

    if (folder == NULL)
        return FALSE;
    if (folder->kind != FOLDER_KIND_PUBLIC) {
        g_set_error_literal(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND,
                            "not a shared folder");
        return FALSE;
    }
    recipient->folder = folder->id;
    return TRUE;
}

void lmtp_delivery_look_up(LmtpDelivery *delivery, MailSession *session)
{
    find_shared(session, delivery->proposed, &delivery->proposed->error);
}

const char *lmtp_delivery_accept(LmtpDelivery *delivery)
{
    Recipient *recipient = g_steal_pointer(&delivery->proposed);

    if (recipient->error == NULL) {
        g_ptr_array_add(delivery->recipients, recipient);
        return "250 2.1.5 Recipient accepted\r\n";
    }
    gboolean absent =
        g_error_matches(recipient->error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND) ||
        g_error_matches(recipient->error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_INVALID);
    recipient_free(recipient);
    return absent ? "550 5.1.1 No such folder here\r\n" : "451 4.3.0 Try later\r\n";
}

void lmtp_delivery_set_message(LmtpDelivery *delivery, const char *sender, GBytes *text)
{
    delivery->sender = g_strdup(sender);
    delivery->text = text;
}

static gboolean find_inbox(MailSession *session, Recipient *recipient, GError **error)
{
    guint64 mailbox;

    if (!mail_mailbox_ensure(session, recipient->user, &mailbox, error))
        return FALSE;
    g_autoptr(MailFolder) inbox = mail_folder_find(session, mailbox, "INBOX", error);
    if (inbox == NULL)
        return FALSE;
    recipient->folder = inbox->id;
    return TRUE;
}

/* The folders to deliver into, each once. */
static GArray *find_folders(LmtpDelivery *delivery, MailSession *session)
{
    GArray *folders = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);

    for (guint i = 0; i < delivery->recipients->len; i++) {
        Recipient *recipient = g_ptr_array_index(delivery->recipients, i);
        if (recipient->user != NULL ? !find_inbox(session, recipient, &recipient->error)
                                    : !find_shared(session, recipient, &recipient->error))
            continue;
        if (g_hash_table_add(seen, &recipient->folder))
            g_array_append_val(folders, recipient->folder);
    }
    return folders;
}

static void set_outcome(LmtpDelivery *delivery, guint64 folder, const GError *error)
{
    for (guint i = 0; i < delivery->recipients->len; i++) {
        Recipient *recipient = g_ptr_array_index(delivery->recipients, i);
        if (recipient->error == NULL && (folder == 0 || recipient->folder == folder))
            recipient->error = g_error_copy(error);
    }
}

void lmtp_delivery_run(LmtpDelivery *delivery, MailSession *session)
{
    g_autoptr(GArray) folders = find_folders(delivery, session);
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    if (folders->len == 0)
        return;
    for (guint i = 0; i < delivery->recipients->len; i++) {
        Recipient *recipient = g_ptr_array_index(delivery->recipients, i);
        if (recipient->error == NULL)
            g_ptr_array_add(addresses, recipient->address);
    }
    g_ptr_array_add(addresses, NULL);
    MailDelivery message = {
        .sender = delivery->sender,
        .recipients = (const char *const *)addresses->pdata,
        .text = delivery->text,
        .internal_date = g_get_real_time() / G_USEC_PER_SEC,
    };
    g_autofree guint32 *uids = g_new0(guint32, folders->len);
    g_autofree GError **errors = g_new0(GError *, folders->len);
    if (!mail_deliver(session, &message, (const guint64 *)(void *)folders->data, folders->len, uids,
                      errors, &error))
        set_outcome(delivery, 0, error);
    for (guint i = 0; i < folders->len; i++) {
        if (errors[i] != NULL && error == NULL)
            set_outcome(delivery, g_array_index(folders, guint64, i), errors[i]);
        g_clear_error(&errors[i]);
    }
}

static const char *reply_of_error(const GError *error)
{
    if (error->domain != MAIL_STORE_ERROR)
        return "451 4.3.0";
    switch ((MailStoreError)error->code) {
    case MAIL_STORE_ERROR_REFUSED:
        return "550 5.7.1";
    case MAIL_STORE_ERROR_NOT_FOUND:
        return "550 5.1.1";
    case MAIL_STORE_ERROR_FULL:
        return "452 4.3.1";
    case MAIL_STORE_ERROR_INVALID:
        return "554 5.6.0";
    case MAIL_STORE_ERROR_EXISTS:
    case MAIL_STORE_ERROR_UNAVAILABLE:
    case MAIL_STORE_ERROR_FAILED:
        break;
    }
    return "451 4.3.0";
}

/* What a sender may read; the reason itself goes to the log. */
static const char *text_of_reply(const char *code)
{
    if (strcmp(code, "550 5.7.1") == 0)
        return "Refused";
    if (strcmp(code, "550 5.1.1") == 0)
        return "No such mailbox any more";
    if (strcmp(code, "452 4.3.1") == 0)
        return "The store is full";
    if (strcmp(code, "554 5.6.0") == 0)
        return "The message cannot be stored as it is";
    return "Try later";
}

char *lmtp_delivery_reply(const LmtpDelivery *delivery, guint index)
{
    const Recipient *recipient = g_ptr_array_index(delivery->recipients, index);

    if (recipient->error == NULL)
        return g_strdup_printf("250 2.0.0 <%s> stored\r\n", recipient->address);
    const char *code = reply_of_error(recipient->error);
    g_autofree char *address = log_quote(recipient->address);
    g_autofree char *reason = log_quote(recipient->error->message);
    log_warning("not-delivered recipient=%s reply=\"%s\" reason=%s", address, code, reason);
    return g_strdup_printf("%s <%s> %s\r\n", code, recipient->address, text_of_reply(code));
}

guint lmtp_delivery_failures(const LmtpDelivery *delivery)
{
    guint failures = 0;

    for (guint i = 0; i < delivery->recipients->len; i++)
        if (((Recipient *)g_ptr_array_index(delivery->recipients, i))->error != NULL)
            failures++;
    return failures;
}
