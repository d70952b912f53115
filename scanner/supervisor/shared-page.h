/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shared-page.h - the page that tells every hooked process whether to ask the service.
 */
#ifndef SCANNER_SHARED_PAGE_H
#define SCANNER_SHARED_PAGE_H

#include <glib.h>

typedef struct SharedPage SharedPage;

SharedPage *shared_page_new(GError **error); /* switched on */
SharedPage *shared_page_free(SharedPage *page);
/* The descriptor for clients, who cannot write to the page with it. */
int shared_page_peek_fd(const SharedPage *page);
gboolean shared_page_is_enabled(const SharedPage *page);
void shared_page_set_enabled(SharedPage *page, gboolean enabled);
guint32 shared_page_generation(const SharedPage *page);
/* Makes every client say HELLO again. */
void shared_page_next_generation(SharedPage *page);
/* Makes every client forget the clean links that it remembers. */
void shared_page_next_epoch(SharedPage *page);

#endif /* SCANNER_SHARED_PAGE_H */
