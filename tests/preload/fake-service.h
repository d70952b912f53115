/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-service.h - a service of the tests: judges by words in the content, and misbehaves on order.
 *
 * EICAR: infected, replaced by a notice, flagged. STRIP: blocked, replaced, not flagged. FLAG:
 * passes flagged. REFUSE, DEFER: that. BLOCK in the name of a link: as EICAR. In a text the word is
 * overwritten where it stands.
 */
#ifndef TESTS_PRELOAD_FAKE_SERVICE_H
#define TESTS_PRELOAD_FAKE_SERVICE_H

#include "libstorehook/protocol.h"

typedef enum {
    FAKE_CORRECT,
    FAKE_GARBLED,
    FAKE_SHORT,
    FAKE_OVERSIZED,
    FAKE_LATE, /* after the deadline */
    FAKE_WRONG_VERSION,
    FAKE_WRONG_REQUEST,
    FAKE_WRONG_KIND,
    FAKE_BAD_ACTION,
    FAKE_BAD_VERDICT,
    FAKE_BAD_LENGTHS,
    FAKE_SHORT_DIGEST, /* of a notice */
    FAKE_UNSEALED,     /* DATA in a memfd that could shrink */
    FAKE_DESCRIPTORS,
    FAKE_CLOSING,
    FAKE_SILENT,
    FAKE_BEHAVIOURS,
    FAKE_RANDOM /* any of them, correct half of the time */
} FakeBehaviour;

typedef struct {
    unsigned hellos, contents, texts, links, messages, notes, reports, scans;
    uint64_t totals[STOREHOOK_REASONS];
    unsigned report_rows, need_data;
    unsigned note_dropped;
    char note[256]; /* incident|folder|kind|mailbox of the last */
    /* Of the last JUDGE_MESSAGE. */
    char message_text[4096];
    unsigned message_parts, message_flagged;
    char message_part[4096]; /* name|header|offset|encoding|data of the last flagged part */
    char program[64];
    unsigned unhooked; /* as the last that said so */
    unsigned lane_questions, calls;
} FakeCounts;

typedef struct FakeService FakeService;

FakeService *fake_service_start(const char *path);
/* As if killed: sockets closed, names left behind. Reports that have come by then count. */
FakeCounts fake_service_kill(FakeService *service);

void fake_service_behave(FakeService *service, FakeBehaviour behaviour);
void fake_service_behave_at_hello(FakeService *service, FakeBehaviour behaviour);
void fake_service_set_message_action(FakeService *service, StorehookAction action);
/* After so many milliseconds. */
void fake_service_welcome_slowly(FakeService *service, uint32_t ms);
void fake_service_set_deadline(FakeService *service, uint32_t ms);
void fake_service_take_reports_slowly(FakeService *service, uint32_t ms); /* each so long */
void fake_service_set_answer(FakeService *service, StorehookAnswer answer);
void fake_service_set_profile(FakeService *service, const char *profile);
void fake_service_enable(FakeService *service, bool enabled);
void fake_service_next_generation(FakeService *service);
/* From the next HELLO on each processor has a lane whose worker seems to wait. It does, or it takes
 * something else whenever a question comes. */
void fake_service_open_lanes(FakeService *service, bool takes);
/* Clean links may be remembered from now on, until the next epoch. */
void fake_service_remember(FakeService *service);
void fake_service_next_epoch(FakeService *service);
FakeCounts fake_service_counts(FakeService *service);

/* 32 bytes that differ where the data does; stands for SHA-256 in these tests. */
void fake_digest(const void *data, size_t size, unsigned char ret[STOREHOOK_DIGEST_SIZE]);

#endif
