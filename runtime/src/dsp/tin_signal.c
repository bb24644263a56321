/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of windows, from memory or through the caller's callback. */
#include "tin/signal.h"

/* Values fetched per callback when one axis is picked out of several. */
#define CHUNK 48

tin_status tin_signal_read(const tin_signal *signal, size_t offset, size_t length, float *out) {
    if (offset > signal->length || length > signal->length - offset) {
        return TIN_STATUS_SIZE;
    }
    if (!signal->data) {
        return signal->get_data(signal->context, offset, length, out) == 0 ? TIN_OK
                                                                           : TIN_STATUS_SIGNAL;
    }
    for (size_t i = 0; i < length; i++) {
        out[i] = signal->data[offset + i];
    }
    return TIN_OK;
}

static tin_status
read_axis_chunked(const tin_signal *signal, size_t start, size_t stride, size_t count, float *out) {
    float chunk[CHUNK];
    size_t per_chunk = (CHUNK - 1) / stride + 1;
    for (size_t done = 0; done < count; done += per_chunk) {
        size_t take = count - done < per_chunk ? count - done : per_chunk;
        tin_status status =
            tin_signal_read(signal, start + done * stride, (take - 1) * stride + 1, chunk);
        if (status != TIN_OK) {
            return status;
        }
        for (size_t i = 0; i < take; i++) {
            out[done + i] = chunk[i * stride];
        }
    }
    return TIN_OK;
}

tin_status tin_signal_read_axis(const tin_signal *signal,
                                int32_t axis,
                                int32_t num_axes,
                                int32_t first,
                                int32_t count,
                                float *out) {
    size_t stride = (size_t)num_axes;
    size_t start = (size_t)first * stride + (size_t)axis;
    if (count <= 0 || start + ((size_t)count - 1) * stride >= signal->length) {
        return TIN_STATUS_SIZE;
    }
    if (!signal->data) {
        return read_axis_chunked(signal, start, stride, (size_t)count, out);
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        out[i] = signal->data[start + i * stride];
    }
    return TIN_OK;
}

tin_status tin_signal_check_axes(const int32_t *axes, int32_t num_selected, int32_t num_axes) {
    if (!axes || num_selected < 1 || num_axes < 1) {
        return TIN_STATUS_ARG;
    }
    for (int32_t i = 0; i < num_selected; i++) {
        if (axes[i] < 0 || axes[i] >= num_axes) {
            return TIN_STATUS_ARG;
        }
    }
    return TIN_OK;
}
