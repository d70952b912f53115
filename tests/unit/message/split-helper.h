/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split-helper.h - joins a split message from memory.
 */
#ifndef TESTS_UNIT_MESSAGE_SPLIT_HELPER_H
#define TESTS_UNIT_MESSAGE_SPLIT_HELPER_H

#include "mailstore/message/split.h"

GBytes *split_helper_join(const SplitMessage *split);
/* Aborts when the bytes do not come back. */
void split_helper_round_trip(const void *bytes, gsize size);

#endif /* TESTS_UNIT_MESSAGE_SPLIT_HELPER_H */
