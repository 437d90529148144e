/*
 * CustomerGatewayConfiguration in XML.  Whatever it is, the answer is a
 * reason of one line, or connections; and one that settles is written in every
 * format, and read again from it.
 */
#include "aws_all.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct aws_list list = { 0 };
	struct reason why = { "" };
	struct aws_connection *c = aws_list_add(&list, &why);

	require(c != NULL);
	if (aws_xml_read(c, bytes_of(p, n), &why))
		use(c);
	else
		require_line(&why);
	aws_list_free(&list);
	return 0;
}
