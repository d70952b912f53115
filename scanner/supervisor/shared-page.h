/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shared-page.h - the page by which every hooked process sees whether it is to ask.
 */
#ifndef SCANNER_SHARED_PAGE_H
#define SCANNER_SHARED_PAGE_H

#include <glib.h>

typedef struct SharedPage SharedPage;

SharedPage *shared_page_new(GError **error); /* switched on */
SharedPage *shared_page_free(SharedPage *page);
/* The descriptor to hand out; nobody who gets it can write to the page. */
int shared_page_peek_fd(const SharedPage *page);
gboolean shared_page_is_enabled(const SharedPage *page);
void shared_page_set_enabled(SharedPage *page, gboolean enabled);
guint32 shared_page_generation(const SharedPage *page);
/* Tells every client to say HELLO again. */
void shared_page_next_generation(SharedPage *page);
/* Tells every client to forget what it was allowed to remember. */
void shared_page_next_epoch(SharedPage *page);

#endif /* SCANNER_SHARED_PAGE_H */
