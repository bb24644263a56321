/* SPDX-License-Identifier: Apache-2.0 */
/* MFCC block: DCT of logarithmic mel energies, then a sliding normalisation over time. */
#include "tin/math.h"
#include "tin/mfcc.h"
#include "tin_frames.h"
#include "tin_transpose.h"

/* Stands in for an energy of exactly zero before a logarithm. */
#define ZERO_ENERGY 1e-10f

/* Keeps the division by a standard deviation of zero finite. */
#define LEAST_DEVIATION 1e-10f

/* Rows whose sliding windows are added up together. */
#define MAX_AT_ONCE 8

int32_t tin_mfcc_config_size(void) { return (int32_t)sizeof(tin_mfcc_config); }

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

static int32_t data_size(const tin_mfcc_config *mfcc) {
    return larger(mfcc->fft.length + 1, mfcc->mel.num_filters);
}

static int32_t power_size(const tin_mfcc_config *mfcc) {
    return larger(mfcc->fft.length / 2 + 1, mfcc->num_cepstral);
}

int32_t tin_mfcc_buffer_size(const void *config) {
    const tin_mfcc_config *mfcc = config;
    const int32_t cepstra = data_size(mfcc) + power_size(mfcc);
    const int32_t columns = mfcc->win_size > 0 ? 2 * mfcc->framing.count : 0;
    return TIN_LANES * larger(cepstra, columns);
}

tin_status tin_mfcc_init(const void *config) {
    const tin_mfcc_config *mfcc = config;
    if (mfcc->num_selected != 1 || mfcc->axes[0] < 0 || mfcc->axes[0] >= mfcc->num_axes) {
        return TIN_STATUS_ARG;
    }
    if (mfcc->num_cepstral < 1 || mfcc->num_cepstral > mfcc->mel.num_filters) {
        return TIN_STATUS_ARG;
    }
    if (mfcc->win_size < 0 || (mfcc->win_size > 0 && mfcc->win_size % 2 == 0)) {
        return TIN_STATUS_ARG;
    }
    const tin_status status = tin_framing_check(&mfcc->framing, &mfcc->fft, mfcc->num_frames);
    return status != TIN_OK ? status : tin_mel_check(&mfcc->mel, mfcc->fft.length / 2 + 1);
}

static tin_lanes log_energy(tin_lanes energy) {
    const tin_lanes zero = tin_lanes_splat(0.0f);
    return tin_lanes_log(tin_lanes_if_greater(energy, zero, energy, tin_lanes_splat(ZERO_ENERGY)));
}

/* ln of the energy of the whole frame: four interleaved sums, which need not wait for each other.
 */
static tin_lanes frame_log_energy(const tin_mfcc_config *mfcc, const tin_lanes *power) {
    const int32_t half = mfcc->fft.length / 2;
    tin_lanes sum0 = power[half];
    tin_lanes sum1 = tin_lanes_splat(0.0f);
    tin_lanes sum2 = sum1;
    tin_lanes sum3 = sum1;
    int32_t bin = 0;
    for (; bin + 3 < half; bin += 4) {
        sum0 = sum0 + power[bin];
        sum1 = sum1 + power[bin + 1];
        sum2 = sum2 + power[bin + 2];
        sum3 = sum3 + power[bin + 3];
    }
    for (; bin < half; bin++) {
        sum0 = sum0 + power[bin];
    }
    return log_energy(((sum0 + sum1) + (sum2 + sum3)) * mfcc->power_scale);
}

/* Coefficients 1, 2, ... of the logarithmic energies, which are destroyed. The basis vectors are
   even or odd around their middle, so that sums and differences of opposite energies do. */
static void transform(const tin_mfcc_config *mfcc, tin_lanes *energies, tin_lanes *cepstrum) {
    const int32_t last = mfcc->mel.num_filters - 1;
    for (int32_t i = 0; i < last - i; i++) {
        const tin_lanes low = energies[i];
        const tin_lanes high = energies[last - i];
        energies[i] = low + high;
        energies[last - i] = low - high;
    }
    const int32_t half = (mfcc->mel.num_filters + 1) / 2;
    const float *basis = mfcc->dct;
    for (int32_t i = 1; i < mfcc->num_cepstral; i++, basis += half) {
        /* Odd vectors are 0 in the middle. */
        const int32_t used = i & 1 ? mfcc->mel.num_filters / 2 : half;
        const tin_lanes *term = i & 1 ? energies + last : energies;
        const int32_t step = i & 1 ? -1 : 1;
        tin_lanes sum = term[0] * basis[0];
        for (int32_t j = 1; j < used; j++) {
            sum = sum + term[j * step] * basis[j];
        }
        cepstrum[i] = sum;
    }
}

static tin_status compute_cepstra(const tin_mfcc_config *mfcc,
                                  const tin_signal *signal,
                                  int32_t step,
                                  int32_t count,
                                  float *features,
                                  float *scratch) {
    const tin_frames frames = {
        signal, mfcc->num_frames, step, mfcc->num_axes, mfcc->axes[0], &mfcc->framing, &mfcc->fft};
    const int32_t width = mfcc->num_cepstral;
    const int32_t num_rows = count * mfcc->framing.count;
    tin_lanes *data = (tin_lanes *)scratch;
    tin_lanes *power = data + data_size(mfcc);
    for (int32_t row = 0; row < num_rows; row += TIN_LANES) {
        const int32_t taken = num_rows - row < TIN_LANES ? num_rows - row : TIN_LANES;
        const tin_status status =
            tin_frames_power(&frames, mfcc->pre_emphasis, row, taken, data, power);
        if (status != TIN_OK) {
            return status;
        }
        tin_mel_energies(&mfcc->mel, power, data);
        for (int32_t i = 0; i < mfcc->mel.num_filters; i++) {
            data[i] = log_energy(data[i]);
        }
        const tin_lanes energy = frame_log_energy(mfcc, power);
        transform(mfcc, data, power);
        power[0] = energy;
        tin_lanes_scatter(power, width, features, (size_t)width, taken);
        features += taken * width;
    }
    return TIN_OK;
}

/* Sums of (x - centre) and of its square. */
typedef struct {
    tin_lanes sum;
    tin_lanes squares;
} moments;

static moments add_rows(moments total, const tin_lanes *rows, int32_t count, tin_lanes centre) {
    for (int32_t i = 0; i < count; i++) {
        const tin_lanes difference = rows[i] - centre;
        total.sum = total.sum + difference;
        total.squares = total.squares + difference * difference;
    }
    return total;
}

/* Moments of `size` rows from `position` on in the endless sequence that mirrors `count` rows at
   both ends, edges repeated: its period is 2 * count. 0 <= position, size < period. */
static moments add_mirrored(moments total,
                            const tin_lanes *rows,
                            int32_t count,
                            int32_t position,
                            int32_t size,
                            tin_lanes centre) {
    const int32_t period = 2 * count;
    while (size > 0) {
        const int32_t is_mirrored = position >= count;
        const int32_t left = (is_mirrored ? period : count) - position;
        const int32_t run = size < left ? size : left;
        const int32_t from = is_mirrored ? left - run : position;
        total = add_rows(total, rows + from, run, centre);
        position = position + run < period ? position + run : 0;
        size -= run;
    }
    return total;
}

/* Whole periods of the mirrored sequence that lie in every window, around the first row. */
static moments add_periods(const tin_lanes *rows, int32_t count, int32_t win_size) {
    moments total = {tin_lanes_splat(0.0f), tin_lanes_splat(0.0f)};
    const int32_t periods = win_size / (2 * count);
    if (periods > 0) {
        total = add_rows(total, rows, count, rows[0]);
        total.sum = total.sum * (float)(2 * periods);
        total.squares = total.squares * (float)(2 * periods);
    }
    return total;
}

static tin_lanes square_root(tin_lanes x) {
#if TIN_LANES == 1
    return tin_sqrtf(x);
#elif defined(__clang__)
    return __builtin_elementwise_sqrt(x); /* rounds correctly, as tin_sqrtf does */
#else
    for (int32_t lane = 0; lane < TIN_LANES; lane++) {
        x[lane] = tin_sqrtf(x[lane]);
    }
    return x;
#endif
}

/* The sliding windows of `count` rows: whole periods of the mirrored rows, which every window has,
   and `size` rows from `position` on, for the window around row 0. */
typedef struct {
    const tin_lanes *rows;
    int32_t count;
    moments periods;
    int32_t size;
    int32_t position;
} sliding;

static sliding start_sliding(const tin_lanes *rows, int32_t count, int32_t win_size) {
    const int32_t period = 2 * count;
    const int32_t before = win_size / 2 % period;
    const sliding start = {rows,
                           count,
                           add_periods(rows, count, win_size),
                           win_size % period,
                           before > 0 ? period - before : 0};
    return start;
}

static int32_t wrap(int32_t position, int32_t period) {
    return position < period ? position : position - period;
}

/* Moments of the windows around `num` neighbouring rows, `num` at most `size`. What they have in
   common is added up once; `centre` is a row that lies in all of them, so that constant rows give
   exactly zero and little cancels. */
static void
slide(const sliding *state, int32_t row, int32_t num, tin_lanes centre, moments *around) {
    const int32_t period = 2 * state->count;
    const int32_t start = wrap(state->position + row, period);
    if (state->size == 1) {
        const int32_t from = start < state->count ? start : period - 1 - start;
        around[0] = add_rows(state->periods, state->rows + from, 1, centre);
        return;
    }
    const int32_t end = wrap(start + state->size, period);
    const int32_t others = num - 1;
    const moments common = add_mirrored(state->periods,
                                        state->rows,
                                        state->count,
                                        wrap(start + others, period),
                                        state->size - others,
                                        centre);
    around[0] = common;
    for (int32_t i = 0; i < num && others > 0; i++) {
        const int32_t first = wrap(start + i, period);
        const moments longer =
            add_mirrored(common, state->rows, state->count, first, others - i, centre);
        around[i] = add_mirrored(longer, state->rows, state->count, end, i, centre);
    }
}

/* Rows whose windows are added up together: worth while where windows are long. */
static int32_t rows_at_once(const sliding *state) {
    return state->size >= 2 * MAX_AT_ONCE ? MAX_AT_ONCE : 1;
}

/* rows to (rows - sliding mean) */
static void
centre_rows(int32_t count, int32_t win_size, const tin_lanes *rows, tin_lanes *centred) {
    const float inverse = 1.0f / (float)win_size;
    const sliding state = start_sliding(rows, count, win_size);
    const int32_t step = rows_at_once(&state);
    moments around[MAX_AT_ONCE];
    for (int32_t row = 0; row < count; row += step) {
        const int32_t num = count - row < step ? count - row : step;
        const tin_lanes centre = rows[win_size >= 2 * count ? 0 : row];
        slide(&state, row, num, centre, around);
        for (int32_t i = 0; i < num; i++) {
            centred[row + i] = (rows[row + i] - centre) - around[i].sum * inverse;
        }
    }
}

/* rows to rows / (sliding standard deviation + least) */
static void scale_rows(int32_t count, int32_t win_size, const tin_lanes *rows, tin_lanes *scaled) {
    const float inverse = 1.0f / (float)win_size;
    const sliding state = start_sliding(rows, count, win_size);
    const int32_t step = rows_at_once(&state);
    moments around[MAX_AT_ONCE];
    for (int32_t row = 0; row < count; row += step) {
        const int32_t num = count - row < step ? count - row : step;
        slide(&state, row, num, rows[win_size >= 2 * count ? 0 : row], around);
        for (int32_t i = 0; i < num; i++) {
            const tin_lanes mean = around[i].sum * inverse;
            const tin_lanes variance = around[i].squares * inverse - mean * mean;
            const tin_lanes deviation = square_root(tin_lanes_at_least(variance, 0.0f));
            scaled[row + i] = rows[row + i] / (deviation + LEAST_DEVIATION);
        }
    }
}

/* Normalises the columns of features [count][width], TIN_LANES of them at once. */
static void normalise_columns(const tin_mfcc_config *mfcc, float *features, float *scratch) {
    const int32_t count = mfcc->framing.count;
    const int32_t width = mfcc->num_cepstral;
    const int32_t size = count * width;
    tin_lanes *rows = (tin_lanes *)scratch;
    tin_lanes *centred = rows + count;
    for (int32_t column = 0; column < width; column += TIN_LANES) {
        const int32_t rest = width - column;
        const int32_t columns = rest < TIN_LANES ? rest : TIN_LANES;
        for (int32_t row = 0; row < count; row++) {
            /* Whole vectors where there are that many values: what is too much is not used. */
            const int32_t place = row * width + column;
            const int32_t taken = size - place >= TIN_LANES ? TIN_LANES : columns;
            rows[row] = tin_lanes_pack(features + place, taken);
        }
        centre_rows(count, mfcc->win_size, rows, centred);
        scale_rows(count, mfcc->win_size, centred, rows);
        for (int32_t row = 0; row < count; row++) {
            /* Here what is too much lies in the next row, which is written next. */
            const int32_t place = row * width + column;
            const int32_t is_whole = width <= TIN_LANES && size - place >= TIN_LANES;
            tin_lanes_unpack(rows[row], is_whole ? TIN_LANES : columns, features + place);
        }
    }
}

static tin_status run_windows(const tin_mfcc_config *mfcc,
                              const tin_signal *signal,
                              int32_t step,
                              int32_t count,
                              float *features,
                              float *scratch) {
    const tin_status status = compute_cepstra(mfcc, signal, step, count, features, scratch);
    if (status != TIN_OK || mfcc->win_size == 0) {
        return status;
    }
    for (int32_t window = 0; window < count; window++) {
        normalise_columns(mfcc, features, scratch);
        features += mfcc->framing.count * mfcc->num_cepstral;
    }
    return TIN_OK;
}

tin_status
tin_mfcc_run(const void *config, const tin_signal *signal, float *features, float *scratch) {
    const tin_mfcc_config *mfcc = config;
    if (signal->length < (size_t)mfcc->num_frames * (size_t)mfcc->num_axes) {
        return TIN_STATUS_SIZE;
    }
    return run_windows(mfcc, signal, mfcc->num_frames, 1, features, scratch);
}

tin_status tin_mfcc_run_batch(const void *config,
                              const float *windows,
                              int32_t step,
                              int32_t count,
                              float *features,
                              float *scratch) {
    const tin_mfcc_config *mfcc = config;
    tin_signal signal;
    const int32_t apart =
        tin_frames_join(windows, mfcc->num_frames, mfcc->num_axes, step, count, &signal);
    return apart < 0 ? TIN_STATUS_ARG : run_windows(mfcc, &signal, apart, count, features, scratch);
}
