/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session-parameter.c - the numbered parameters of one session.
 *
 * Fails with JET_errInvalidSesparamId, JET_errInvalidBufferSize, JET_errInvalidParameter,
 * JET_errFeatureNotAvailable for setting what can only be read.
 */
#include <stdatomic.h>
#include <string.h>

#include "mailstore/ese/result.h"
#include "mailstore/ese/session.h"

static JET_ERR take(void *to, size_t wanted, const void *data, uint32_t size)
{
    if (!data || size != wanted)
        return JET_errInvalidBufferSize;
    memcpy(to, data, wanted);
    return JET_errSuccess;
}

JET_ERR session_set_parameter(Session *session, uint32_t id, const void *data, uint32_t size)
{
    SessionParameters *parameters = &session->parameters;
    if (!data && size != 0)
        return JET_errInvalidParameter;
    switch (id) {
    case JET_sesparamCommitDefault: {
        JET_GRBIT grbit;
        RETURN_IF_ERROR(take(&grbit, sizeof(grbit), data, size));
        if (grbit & ~JET_bitCommitLazyFlush)
            return JET_errInvalidGrbit;
        parameters->commit_default = grbit;
        parameters->commit_default_set = true;
        return JET_errSuccess;
    }
    case JET_sesparamOperationContext:
        return take(&parameters->operation, sizeof(parameters->operation), data, size);
    case JET_sesparamCorrelationID:
        return take(&parameters->correlation, sizeof(parameters->correlation), data, size);
    case JET_sesparamTransactionLevel:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidSesparamId;
    }
}

static JET_ERR give(const void *from, uint32_t actual, void *data, uint32_t size,
                    uint32_t *ret_actual)
{
    if (!data && !ret_actual)
        return JET_errInvalidParameter;
    if (ret_actual)
        *ret_actual = actual;
    if (data && size < actual)
        return JET_errInvalidBufferSize;
    if (data)
        memcpy(data, from, actual);
    return JET_errSuccess;
}

JET_ERR session_get_parameter(const Session *session, uint32_t id, void *data, uint32_t size,
                              uint32_t *ret_actual)
{
    const SessionParameters *parameters = &session->parameters;
    switch (id) {
    case JET_sesparamCommitDefault: {
        JET_GRBIT grbit = session_commit_default(session);
        return give(&grbit, sizeof(grbit), data, size, ret_actual);
    }
    case JET_sesparamTransactionLevel:
        return give(&session->level, sizeof(session->level), data, size, ret_actual);
    case JET_sesparamOperationContext:
        return give(&parameters->operation, sizeof(parameters->operation), data, size, ret_actual);
    case JET_sesparamCorrelationID:
        return give(&parameters->correlation, sizeof(parameters->correlation), data, size,
                    ret_actual);
    default:
        return JET_errInvalidSesparamId;
    }
}

JET_GRBIT session_commit_default(const Session *session)
{
    return session->parameters.commit_default_set
               ? session->parameters.commit_default
               : atomic_load_explicit(&session->instance->commit_default, memory_order_relaxed);
}
