/* INFORMATIONAL: delete and liveness, RFC 7296 sections 1.4, 1.4.1, 2.4. */
#ifndef IKE_X_INFO_H
#define IKE_X_INFO_H

#include "ike/sa.h"

void	x_info_respond(struct ike_sa *, struct instant, const struct msg *);
/* why: an error notify that goes with it, or N_NONE. */
void	x_info_delete_ike(struct ike_sa *, struct instant, uint16_t why);
/* The SA is not wanted: deleted once what is under way is answered. */
void	x_info_wind_up(struct ike_sa *, struct instant);
void	x_info_delete_child(struct ike_sa *, struct instant, struct child *);
void	x_info_probe(struct ike_sa *, struct instant);
void	x_info_deleted_ike(struct ike_sa *, struct instant,
	    const struct path *, const struct msg *);
void	x_info_deleted_child(struct ike_sa *, struct instant,
	    const struct path *, const struct msg *);
void	x_info_alive(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);

#endif
