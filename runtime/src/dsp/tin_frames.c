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

/* A frame of the windows of a signal, and where its first sample lies. */
typedef struct {
    int32_t number; /* of the frame in its window */
    int32_t start;
} place;

static place find_frame(const tin_frames *frames, int32_t row) {
    const int32_t window = row / frames->framing->count;
    const int32_t number = row - window * frames->framing->count;
    const place found = {number, window * frames->step + number * frames->framing->stride};
    return found;
}

/* The sample before the frame; before the window's first sample comes its last. */
static int32_t find_before(const tin_frames *frames, place at) {
    return at.number > 0 ? at.start - 1 : at.start + frames->num_samples - 1;
}

/* Reads one frame, and applies pre-emphasis; `out` has one value more than the frame. */
static tin_status
read_frame(const tin_frames *frames, float pre_emphasis, int32_t row, float *out) {
    const int32_t length = frames->framing->length;
    const place at = find_frame(frames, row);
    if (pre_emphasis == 0.0f) {
        return read_samples(frames, at.start, length, out);
    }
    tin_status status = read_samples(frames, find_before(frames, at), 1, out);
    if (status != TIN_OK) {
        return status;
    }
    status = read_samples(frames, at.start, length, out + 1);
    for (int32_t i = 0; i < length; i++) {
        out[i] = out[i + 1] - out[i] * pre_emphasis;
    }
    return status;
}

#if TIN_LANES == 1
static tin_status load_frames(const tin_frames *frames,
                              float pre_emphasis,
                              int32_t first,
                              int32_t num_rows,
                              tin_lanes *data,
                              tin_lanes *staging) {
    (void)num_rows;
    (void)staging;
    return read_frame(frames, pre_emphasis, first, data);
}
#else
static place next_frame(const tin_frames *frames, place at) {
    if (++at.number < frames->framing->count) {
        at.start += frames->framing->stride;
    } else {
        at.start += frames->step - (at.number - 1) * frames->framing->stride;
        at.number = 0;
    }
    return at;
}

/* Frames that lie in memory, side by side. */
static void gather_frames(const tin_frames *frames,
                          float pre_emphasis,
                          int32_t first,
                          int32_t num_rows,
                          tin_lanes *data) {
    const float *samples = frames->signal->data;
    const float *rows[TIN_LANES];
    float before[TIN_LANES];
    place at = find_frame(frames, first);
    for (int32_t lane = 0; lane < TIN_LANES; lane++) {
        rows[lane] = samples + at.start;
        before[lane] = samples[find_before(frames, at)];
        if (lane < num_rows - 1) {
            at = next_frame(frames, at);
        }
    }
    const int32_t length = frames->framing->length;
    if (pre_emphasis == 0.0f) {
        tin_lanes_gather_rows(rows, length, data);
    } else {
        tin_lanes_gather_differences(rows, before, pre_emphasis, length, data);
    }
}

static tin_status load_frames(const tin_frames *frames,
                              float pre_emphasis,
                              int32_t first,
                              int32_t num_rows,
                              tin_lanes *data,
                              tin_lanes *staging) {
    if (frames->signal->data && frames->num_axes == 1) {
        gather_frames(frames, pre_emphasis, first, num_rows, data);
        return TIN_OK;
    }
    float *frame = (float *)staging;
    for (int32_t lane = 0; lane < num_rows; lane++) {
        const tin_status status = read_frame(frames, pre_emphasis, first + lane, frame);
        if (status != TIN_OK) {
            return status;
        }
        for (int32_t i = 0; i < frames->framing->length; i++) {
            data[i][lane] = frame[i];
        }
    }
    return TIN_OK;
}
#endif

tin_status tin_frames_power(const tin_frames *frames,
                            float pre_emphasis,
                            int32_t first,
                            int32_t num_rows,
                            tin_lanes *data,
                            tin_lanes *power) {
    const tin_status status = load_frames(frames, pre_emphasis, first, num_rows, data, power);
    if (status != TIN_OK) {
        return status;
    }
    for (int32_t i = frames->framing->length; i < frames->fft->length; i++) {
        data[i] = tin_lanes_splat(0.0f);
    }
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
