/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of raw values from which the last full window is classified. */
#include "tin/slices.h"

void tin_slices_reset(tin_slices *slices) {
    slices->oldest = 0;
    slices->filled = 0;
}

tin_status
tin_slices_push(const tin_impulse *impulse, tin_slices *slices, const tin_signal *slice) {
    size_t axes = (size_t)impulse->num_axes;
    if (slices->length != (size_t)impulse->num_frames * axes || slice->length == 0 ||
        slice->length > slices->length || slice->length % axes != 0) {
        return TIN_STATUS_SIZE;
    }
    size_t to_end = slices->length - slices->oldest;
    size_t first = slice->length < to_end ? slice->length : to_end;
    tin_status status = tin_signal_read(slice, 0, first, slices->values + slices->oldest);
    if (status == TIN_OK && first < slice->length) {
        status = tin_signal_read(slice, first, slice->length - first, slices->values);
    }
    if (status != TIN_OK) {
        tin_slices_reset(slices);
        return status;
    }
    slices->oldest = (slices->oldest + slice->length) % slices->length;
    size_t missing = slices->length - slices->filled;
    slices->filled += slice->length < missing ? slice->length : missing;
    return slices->filled == slices->length ? TIN_OK : TIN_STATUS_NOT_READY;
}

static int read_ring(void *context, size_t offset, size_t length, float *out) {
    const tin_slices *slices = context;
    size_t index = (slices->oldest + offset) % slices->length;
    for (size_t i = 0; i < length; i++) {
        out[i] = slices->values[index];
        index = index + 1 == slices->length ? 0 : index + 1;
    }
    return 0;
}

tin_signal tin_slices_window(tin_slices *slices) {
    const float *data = slices->oldest == 0 ? slices->values : NULL;
    tin_signal window = {data, read_ring, slices, slices->length};
    return window;
}

tin_status tin_classify_slice(const tin_impulse *impulse,
                              const tin_state *state,
                              tin_slices *slices,
                              const tin_signal *slice) {
    tin_status status = tin_slices_push(impulse, slices, slice);
    if (status != TIN_OK) {
        return status;
    }
    tin_signal window = tin_slices_window(slices);
    return tin_classify(impulse, state, &window);
}
