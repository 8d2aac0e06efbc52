/* tokens.c - estimating how many tokens a text has, where no server has counted them. */
#include "model/model.h"

enum { BYTES_A_TOKEN = 4 };

int64_t tokens_estimate(size_t bytes)
{
    return (int64_t)(bytes / BYTES_A_TOKEN) + (bytes % BYTES_A_TOKEN != 0);
}
