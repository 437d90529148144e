/* Errors of vpnctl: one line each on standard error. */
#ifndef TOOLS_COMPLAIN_H
#define TOOLS_COMPLAIN_H

#include "gw/ctl.h"

/* "vpnctl: message"; returns the status, so that callers end with it. */
enum ctl_exit	complain(enum ctl_exit, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
/* Not a word while that is so: what fails is expected, and tried again. */
void		complain_hush(bool);

#endif
