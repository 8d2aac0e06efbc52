/*
 * config_api.h - rein_config is struct config under its public name; this is the way from one to the
 * other.
 */
#ifndef LIB_CONFIG_API_H
#define LIB_CONFIG_API_H

#include <rein.h>

#include "config/config.h"

static inline struct config *config_of(rein_config *config)
{
    return (struct config *)(void *)config;
}

static inline const struct config *config_of_const(const rein_config *config)
{
    return (const struct config *)(const void *)config;
}

#endif
