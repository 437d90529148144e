/* Bounds on what a peer can make the speaker hold or send. */
#ifndef BGP_LIMIT_H
#define BGP_LIMIT_H

#define LIMIT_MESSAGE		4096	/* octets of a message, RFC 4271 */
#define LIMIT_AS_PATH		255	/* AS numbers in an AS_PATH */
#define LIMIT_COMMUNITIES	255	/* of each kind on one route */
#define LIMIT_UNKNOWN		16	/* unknown attributes on one route */
#define LIMIT_PATHS		16	/* of one peer to a prefix, RFC 7911 */
#define LIMIT_INCOMING		2	/* accepted connections of one peer */
#define LIMIT_EVENTS		256	/* reports not yet pulled */
#define LIMIT_FILL		32768	/* octets of UPDATEs made ahead */
#define LIMIT_TURN		262144	/* of those for a session, in a tick */
#define LIMIT_SWEEP		4096	/* prefixes judged again in one go */
#define LIMIT_NETS		(1u << 28)	/* prefixes of one family */

#endif
