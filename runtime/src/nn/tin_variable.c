/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and assigning of variables. */
#include "tin/nn/bytes.h"
#include "tin/nn/variable.h"

void tin_variable_copy(const tin_variable *params, const void *input, void *output) {
    tin_copy_s8(output, input, params->num_bytes);
}
