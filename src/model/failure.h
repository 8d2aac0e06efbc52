/*
 * failure.h - what a server's refusal means: its HTTP status, its error type and its words to one
 * of our statuses and a sentence for a person.
 */
#ifndef MODEL_FAILURE_H
#define MODEL_FAILURE_H

#include "model/model.h"

/* `http_status` is 200 for an error inside a stream. Fills `err`. */
void model_failure(const struct model *model, int http_status, str type, str message,
                   struct error *err);

/* A redirect, which is not followed. */
void model_redirect(const struct model *model, int http_status, str location, struct error *err);

/* "cannot reach ..." with the setting to check. */
void model_unreachable(const struct model *model, struct error *err);

/* Milliseconds from the headers retry-after-ms and retry-after (seconds or a date); -1: not said,
 * not to be understood, or not in the future. `now` in microseconds since the epoch. */
int64_t retry_after(str milliseconds, str seconds, int64_t now);

#endif
