/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a window: loading into lanes, pre-emphasis, power spectra, mel energies. */
#include "tin_frames.h"
#include "tin_fft_lanes.h"
#include "tin_transpose.h"

tin_status tin_framing_check(const tin_framing *framing, const tin_fft *fft, int32_t num_samples) {
    const int32_t length = fft->length;
    if (length < 4 || length > 4096 || (length & (length - 1)) != 0) {
        return TIN_STATUS_ARG;
    }
    if (framing->length < 1 || framing->length > length || framing->stride < 1 ||
        framing->count < 1) {
        return TIN_STATUS_ARG;
    }
    const int64_t end = (int64_t)(framing->count - 1) * framing->stride + framing->length;
    return end <= num_samples ? TIN_OK : TIN_STATUS_SIZE;
}

tin_status tin_mel_check(const tin_mel *mel, int32_t num_bins) {
    if (mel->num_filters < 1) {
        return TIN_STATUS_ARG;
    }
    for (int32_t i = 0; i < mel->num_filters; i++) {
        const int32_t first = mel->spans[2 * i];
        const int32_t count = mel->spans[2 * i + 1];
        if (first < 0 || count < 1 || first > num_bins - count) {
            return TIN_STATUS_ARG;
        }
    }
    return TIN_OK;
}

static tin_status read_samples(const tin_frames *frames, int32_t first, int32_t count, float *out) {
    if (frames->num_axes == 1) {
        return tin_signal_read(frames->signal, (size_t)first, (size_t)count, out);
    }
    return tin_signal_read_axis(frames->signal, frames->axis, frames->num_axes, first, count, out);
}

#if TIN_LANES == 1
static tin_status
load_rows(const tin_frames *frames, int32_t first, int32_t num_rows, float *data, float *staging) {
    (void)num_rows;
    (void)staging;
    const tin_framing *framing = frames->framing;
    return read_samples(frames, first * framing->stride, framing->length, data);
}
#else
/* Row by row through `staging`, for signals that are pulled or interleaved. */
static tin_status load_pulled_rows(
    const tin_frames *frames, int32_t first, int32_t num_rows, tin_lanes *data, float *staging) {
    const tin_framing *framing = frames->framing;
    for (int32_t lane = 0; lane < TIN_LANES; lane++) {
        const int32_t row = first + (lane < num_rows ? lane : num_rows - 1);
        const tin_status status =
            read_samples(frames, row * framing->stride, framing->length, staging);
        if (status != TIN_OK) {
            return status;
        }
        for (int32_t i = 0; i < framing->length; i++) {
            data[i][lane] = staging[i];
        }
    }
    return TIN_OK;
}

static tin_status load_rows(const tin_frames *frames,
                            int32_t first,
                            int32_t num_rows,
                            tin_lanes *data,
                            tin_lanes *staging) {
    const tin_framing *framing = frames->framing;
    const tin_signal *signal = frames->signal;
    const size_t stride = (size_t)framing->stride;
    const size_t start = (size_t)first * stride;
    const size_t end = start + (size_t)(num_rows - 1) * stride + (size_t)framing->length;
    if (!signal->data || frames->num_axes != 1 || end > signal->length) {
        return load_pulled_rows(frames, first, num_rows, data, (float *)staging);
    }
    tin_lanes_gather(signal->data + start, stride, num_rows, framing->length, data);
    return TIN_OK;
}
#endif

/* The sample before each frame. */
static tin_status
load_before(const tin_frames *frames, int32_t first, int32_t num_rows, tin_lanes *before) {
    float samples[TIN_LANES] = {0.0f};
    for (int32_t lane = 0; lane < num_rows; lane++) {
        const int32_t start = (first + lane) * frames->framing->stride;
        const int32_t index = start > 0 ? start - 1 : frames->num_samples - 1;
        const tin_status status = read_samples(frames, index, 1, samples + lane);
        if (status != TIN_OK) {
            return status;
        }
    }
    *before = tin_lanes_pack(samples, TIN_LANES);
    return TIN_OK;
}

static void pad(const tin_frames *frames, tin_lanes *data) {
    for (int32_t i = frames->framing->length; i < frames->fft->length; i++) {
        data[i] = tin_lanes_splat(0.0f);
    }
}

tin_status tin_frames_power(
    const tin_frames *frames, int32_t first, int32_t num_rows, tin_lanes *data, tin_lanes *power) {
    const tin_status status = load_rows(frames, first, num_rows, data, power);
    if (status != TIN_OK) {
        return status;
    }
    pad(frames, data);
    tin_fft_power_lanes(frames->fft, data, power);
    return TIN_OK;
}

tin_status tin_frames_emphasised_power(const tin_frames *frames,
                                       float pre_emphasis,
                                       int32_t first,
                                       int32_t num_rows,
                                       tin_lanes *data,
                                       tin_lanes *power) {
    tin_status status = load_before(frames, first, num_rows, data);
    if (status != TIN_OK) {
        return status;
    }
    status = load_rows(frames, first, num_rows, data + 1, power);
    if (status != TIN_OK) {
        return status;
    }
    for (int32_t i = 0; i < frames->framing->length; i++) {
        data[i] = data[i + 1] - data[i] * pre_emphasis;
    }
    pad(frames, data);
    tin_fft_power_lanes(frames->fft, data, power);
    return TIN_OK;
}

void tin_mel_energies(const tin_mel *mel, const tin_lanes *power, tin_lanes *energies) {
    const float *weights = mel->weights;
    for (int32_t i = 0; i < mel->num_filters; i++) {
        const tin_lanes *bins = power + mel->spans[2 * i];
        const int32_t count = mel->spans[2 * i + 1];
        tin_lanes sum = bins[0] * weights[0];
        for (int32_t bin = 1; bin < count; bin++) {
            sum = sum + bins[bin] * weights[bin];
        }
        energies[i] = sum;
        weights += count;
    }
}
