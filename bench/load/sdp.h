/* What of a session description a viewer needs: control URIs (RFC 2326 appendix C.1). */
#ifndef LOAD_SDP_H
#define LOAD_SDP_H

#include "viewer.h"

/* Fills the tracks and the aggregate URI from an SDP of `size` bytes; false when there is no track to watch. */
bool sdp_read(Viewer *viewer, const char *sdp, size_t size, bool all_tracks);

#endif
