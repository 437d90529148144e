/* create, modify, delete and describe: the hub's objects by AWS's names. */
#ifndef TOOLS_HUB_H
#define TOOLS_HUB_H

#include "tools/options.h"

/* Is it the first word of such a command?  What is behind it is its own. */
bool		hub_is_verb(const char *);

enum ctl_exit	hub_create(const struct options *, char **argv, int argc);
enum ctl_exit	hub_modify(const struct options *, char **argv, int argc);
enum ctl_exit	hub_delete(const struct options *, char **argv, int argc);
enum ctl_exit	hub_describe(const struct options *, char **argv, int argc);

#endif
