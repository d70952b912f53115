/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clean-links.c - a small table of whole links, compared byte by byte: no hash is trusted.
 *
 * Cannot fail: without memory nothing is remembered, and the service is asked.
 */
#include "libstorehook/clean-links.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "libstorehook/protocol.h"

enum {
    PLACES = 512,   /* a power of two; 300 KB when all are used */
    TEXTS_MAX = 512 /* name, header and encoding of an ordinary attachment are half of it */
};

typedef struct {
    uint32_t epoch;
    uint32_t name_size, header_size, encoding_size;
    unsigned char digest[STOREHOOK_DIGEST_SIZE];
    unsigned char texts[];
} Place;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Place *places[PLACES];

static size_t place_of(const CleanLink *link)
{
    size_t place;

    memcpy(&place, link->digest->data, sizeof(place));
    return (place + link->name->size) % PLACES;
}

static bool can_be_kept(const CleanLink *link)
{
    return link->digest->size == STOREHOOK_DIGEST_SIZE && link->name->size <= TEXTS_MAX &&
           link->header->size <= TEXTS_MAX - link->name->size &&
           link->encoding->size <= TEXTS_MAX - link->name->size - link->header->size;
}

static bool bytes_equal(const unsigned char *bytes, size_t size, const ByteString *string)
{
    return size == string->size && (size == 0 || memcmp(bytes, string->data, size) == 0);
}

static bool place_equals(const Place *place, const CleanLink *link)
{
    const unsigned char *name = place->texts, *header = name + place->name_size;

    return memcmp(place->digest, link->digest->data, STOREHOOK_DIGEST_SIZE) == 0 &&
           bytes_equal(name, place->name_size, link->name) &&
           bytes_equal(header, place->header_size, link->header) &&
           bytes_equal(header + place->header_size, place->encoding_size, link->encoding);
}

static unsigned char *put(unsigned char *to, const ByteString *string)
{
    if (string->size > 0)
        memcpy(to, string->data, string->size);
    return to + string->size;
}

bool clean_links_has(const CleanLink *link, uint32_t epoch)
{
    const Place *place;
    bool has;

    if (!can_be_kept(link))
        return false;
    pthread_mutex_lock(&lock);
    place = places[place_of(link)];
    has = place && place->epoch == epoch && place_equals(place, link);
    pthread_mutex_unlock(&lock);
    return has;
}

void clean_links_add(const CleanLink *link, uint32_t epoch)
{
    Place *place, *old;

    if (!can_be_kept(link))
        return;
    place = malloc(sizeof(*place) + link->name->size + link->header->size + link->encoding->size);
    if (!place)
        return;
    *place = (Place){.epoch = epoch,
                     .name_size = (uint32_t)link->name->size,
                     .header_size = (uint32_t)link->header->size,
                     .encoding_size = (uint32_t)link->encoding->size};
    memcpy(place->digest, link->digest->data, STOREHOOK_DIGEST_SIZE);
    put(put(put(place->texts, link->name), link->header), link->encoding);
    pthread_mutex_lock(&lock);
    old = places[place_of(link)];
    places[place_of(link)] = place;
    pthread_mutex_unlock(&lock);
    free(old);
}
