/*
 * Whatever `vpnctl import` is given, JSON above all.  Whatever it is, the answer is a
 * reason of one line, or connections; and one that settles is written in every
 * format, and read again from it.
 */
#include "aws_all.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct aws_list list = { 0 };
	struct reason why = { "" };

	if (aws_read(&list, bytes_of(p, n), &why)) {
		require(list.n > 0);
		for (size_t i = 0; i < list.n; i++)
			use(list.v[i]);
	} else {
		require_line(&why);
		require(list.n == 0);
	}
	aws_list_free(&list);
	return 0;
}
