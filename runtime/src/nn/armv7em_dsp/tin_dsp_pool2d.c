/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling of four channels at a time. */
#include "tin/nn/armv7em_dsp/dsp_pool2d.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/requantize.h"

#define LANES 4

/* The part of a window that lies inside the image, for some channels. */
typedef struct {
    const int8_t *first;
    int32_t height;
    int32_t width;
    int32_t row_step; /* bytes from row to row of the image */
    int32_t channels; /* bytes from pixel to pixel */
} area;

typedef void pool(const tin_pool2d_s8 *params, const area *a, int32_t lanes, int8_t *out);

/* The last channels may be fewer than four: bytes beyond them are not read. */
static uint32_t load(const int8_t *from, int32_t lanes) {
    if (lanes == LANES) {
        return tin_dsp_load(from);
    }
    uint32_t word = 0;
    for (int32_t i = 0; i < lanes; i++) {
        word |= (uint32_t)(uint8_t)from[i] << (8 * i);
    }
    return word;
}

static int32_t byte_of(uint32_t word, int32_t lane) { return (int8_t)(word >> (8 * lane)); }

/* The larger byte of each lane. */
static uint32_t larger(uint32_t x, uint32_t y) {
#if TIN_DSP_ASSEMBLY
    uint32_t result;
    __asm__("ssub8 %0, %1, %2\n"
            "sel %0, %1, %2"
            : "=&r"(result)
            : "r"(x), "r"(y)
            : "cc");
    return result;
#else
    uint32_t result = 0;
    for (int32_t i = 0; i < LANES; i++) {
        int32_t a = byte_of(x, i);
        int32_t b = byte_of(y, i);
        result |= (uint32_t)(uint8_t)(a > b ? a : b) << (8 * i);
    }
    return result;
#endif
}

/* Bytes 0 and 2 of a word added to two int16. */
static uint32_t add_even(uint32_t sums, uint32_t word) {
#if TIN_DSP_ASSEMBLY
    __asm__("sxtab16 %0, %0, %1" : "+r"(sums) : "r"(word));
    return sums;
#else
    return tin_dsp_pair(tin_dsp_low(sums) + byte_of(word, 0),
                        tin_dsp_high(sums) + byte_of(word, 2));
#endif
}

static uint32_t add_odd(uint32_t sums, uint32_t word) {
#if TIN_DSP_ASSEMBLY
    __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sums) : "r"(word));
    return sums;
#else
    return add_even(sums, word >> 8);
#endif
}

static void max_pool(const tin_pool2d_s8 *params, const area *a, int32_t lanes, int8_t *out) {
    uint32_t best = 0x80808080U;
    const int8_t *row = a->first;
    for (int32_t y = a->height; y > 0; y--, row += a->row_step) {
        const int8_t *at = row;
        for (int32_t x = a->width; x > 0; x--, at += a->channels) {
            best = larger(best, load(at, lanes));
        }
    }
    for (int32_t i = 0; i < lanes; i++) {
        out[i] = (int8_t)tin_clamp_s32(byte_of(best, i), params->minimum, params->maximum);
    }
}

static void average_pool(const tin_pool2d_s8 *params, const area *a, int32_t lanes, int8_t *out) {
    uint32_t even = 0;
    uint32_t odd = 0;
    const int8_t *row = a->first;
    for (int32_t y = a->height; y > 0; y--, row += a->row_step) {
        const int8_t *at = row;
        for (int32_t x = a->width; x > 0; x--, at += a->channels) {
            uint32_t word = load(at, lanes);
            even = add_even(even, word);
            odd = add_odd(odd, word);
        }
    }
    int32_t sums[LANES] = {
        tin_dsp_low(even), tin_dsp_low(odd), tin_dsp_high(even), tin_dsp_high(odd)};
    int32_t taps = a->height * a->width;
    for (int32_t i = 0; i < lanes; i++) {
        int32_t half = sums[i] > 0 ? taps / 2 : -(taps / 2);
        int32_t value = (sums[i] + half) / taps;
        out[i] = (int8_t)tin_clamp_s32(value, params->minimum, params->maximum);
    }
}

static void run(const tin_pool2d_s8 *params, const int8_t *input, int8_t *output, pool *pool_area) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels;
    area a = {0, 0, 0, window->in_width * channels, channels};
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        tin_range down = tin_window2d_taps(y, 1, window->kernel_height, window->in_height);
        a.height = down.last - down.first;
        for (int32_t ox = 0; ox < window->out_width; ox++, output += channels) {
            int32_t x = ox * window->stride_width - window->pad_left;
            tin_range across = tin_window2d_taps(x, 1, window->kernel_width, window->in_width);
            a.width = across.last - across.first;
            const int8_t *first =
                input + (y + down.first) * a.row_step + (x + across.first) * channels;
            for (int32_t i = 0; i < channels; i += LANES) {
                a.first = first + i;
                pool_area(params, &a, channels - i < LANES ? channels - i : LANES, output + i);
            }
        }
    }
}

void tin_dsp_max_pool2d_run_s8(const tin_pool2d_s8 *params, const int8_t *input, int8_t *output) {
    run(params, input, output, max_pool);
}

void tin_dsp_average_pool2d_run_s8(const tin_pool2d_s8 *params,
                                   const int8_t *input,
                                   int8_t *output) {
    run(params, input, output, average_pool);
}
