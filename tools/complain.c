/*
 * Errors of vpnctl.  What is not printable in them (file names, words of the
 * command line, reasons) is shown as "?", so that one error is one line.
 */
#include "tools/complain.h"

#include <stdarg.h>
#include <stdio.h>

#include "tools/render.h"

static bool hushed;

void
complain_hush(bool hush)
{
	hushed = hush;
}

enum ctl_exit
complain(enum ctl_exit status, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	render_plain(line);
	if (!hushed)
		fprintf(stderr, "vpnctl: %s\n", line);
	return status;
}
