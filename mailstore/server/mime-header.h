/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime-header.h - header fields of a message or part, and what stands in the structured ones.
 *
 * Bounded: a value is read up to MIME_VALUE_MOST bytes, and a field has MIME_PARAMETERS_MOST
 * parameters; what is beyond is passed over.
 */
#ifndef MAILSTORE_SERVER_MIME_HEADER_H
#define MAILSTORE_SERVER_MIME_HEADER_H

#include <glib.h>

/* Hundreds of recipients fit; a megabyte of them in every ENVELOPE helps nobody. */
#define MIME_VALUE_MOST (64 * 1024)
#define MIME_PARAMETERS_MOST 64

typedef struct {
    const char *start; /* of the field, its name */
    gsize length;      /* of the field with all its lines */
    gsize name_length; /* without the colon */
    const char *value; /* raw, after the colon */
    gsize value_length;
} MimeField;

/* The field that begins at *at, which is moved behind it. FALSE at the end of the header. A line
 * without a colon is a field without a name. */
gboolean mime_field_next(const char **at, const char *end, MimeField *ret);
gboolean mime_field_is(const MimeField *field, const char *name);
/* Appends the value without its line ends, at most `most` bytes of it. */
void mime_field_unfold(const MimeField *field, GString *text, gsize most);

/* What is wanted of a header. */
typedef struct {
    const char *name;
    /* All fields of this name, divided by commas: for addresses, which some programs write into
     * several fields. Else the first one. */
    gboolean is_list;
    char *value; /* unfolded, without spaces around; NULL without a field */
} MimeWanted;
#define MIME_WANTED_MOST 16

/* Finds all that is wanted in one pass: `count` names, MIME_WANTED_MOST at most, each once. */
void mime_header_collect(const char *header, gsize length, MimeWanted *wanted, guint count);
void mime_wanted_clear(MimeWanted *wanted, guint count);
/* One value; the caller frees. */
char *mime_header_value(const char *header, gsize length, const char *name);
/* The first word of that value, without comments and parameters; NULL without one. */
char *mime_header_token(const char *header, gsize length, const char *name);

/* "value; name=value; ..." The caller frees by mime_value_free(). */
typedef struct {
    char *value;           /* NULL when there is none */
    GPtrArray *parameters; /* names and values by turns */
} MimeValue;

MimeValue *mime_value_parse(const char *text);
/* Its first word, without comments and parameters; NULL without one, or of NULL. */
char *mime_value_token(const char *text);
MimeValue *mime_value_free(MimeValue *value); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MimeValue, mime_value_free)
const char *mime_value_parameter(const MimeValue *value, const char *name);

#endif /* MAILSTORE_SERVER_MIME_HEADER_H */
