/* SPDX-License-Identifier: GPL-2.0-or-later */
/* certificate.h - the certificate that TLS connections are served with. */
#ifndef MAILSTORE_SERVER_CERTIFICATE_H
#define MAILSTORE_SERVER_CERTIFICATE_H

#include <gio/gio.h>

/* From PEM files. NULL with CONFIG_ERROR when they cannot be read or do not work. */
GTlsCertificate *certificate_load(const char *certificate, const char *key, GError **error);

#endif /* MAILSTORE_SERVER_CERTIFICATE_H */
