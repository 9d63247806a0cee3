/* What every kernel returns: 0, or the kind of thing that stopped it. */
#ifndef PYMPR_STATUS_H
#define PYMPR_STATUS_H

#include <stdint.h>

#define PYMPR_OK 0
#define PYMPR_FULL 1     /* no room left in an output or a table; progress was reported, grow and call again */
#define PYMPR_BAD 2      /* the input breaks the kernel's precondition; the reported position says where */
#define PYMPR_OVERFLOW 3 /* a result does not fit its type */

#endif
