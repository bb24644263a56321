/* SPDX-License-Identifier: Apache-2.0 */
/* Three sums in two words, for processors that multiply one pair of numbers at a time.

   Values x, y, z of three pixels are kept as x + 2^21 z and y + 2^10 z. Words are multiplied by a
   weight and added up, modulo 2^32; at the end the three sums are taken apart again, exact as long
   as each lies within 2^20: the first word gives x's sum in its lower 21 bits and the lower 11 bits
   of z's above; with these taken from the second word, it gives y's and the rest of z's. */
#ifndef TIN_NN_SCALAR32_SCALAR_WORDS_H
#define TIN_NN_SCALAR32_SCALAR_WORDS_H

#include "tin/nn/requantize.h"

/* Pixels whose values are side by side in four words. */
#define TIN_SCALAR_PIXELS 6

/* Sums of six pixels, as words: [0..1] of the first three, [2..3] of the others. */
typedef struct {
    uint32_t word[4];
} tin_scalar_words;

/* One tap of three pixels. */
static inline void tin_scalar_pack3(uint32_t *to, int8_t x, int8_t y, int8_t z) {
    to[0] = (uint32_t)x + ((uint32_t)z << 21);
    to[1] = (uint32_t)y + ((uint32_t)z << 10);
}

/* count taps of six pixels, pixels[i][0..count), as words panel[count][4]; returns its end. */
uint32_t *
tin_scalar_pack(uint32_t *panel, const int8_t *const pixels[TIN_SCALAR_PIXELS], int32_t count);

/* Sums over `count` taps, at least one, of panel[tap][i] * weights[tap]. */
void tin_scalar_dot(const uint32_t *panel,
                    const int8_t *weights,
                    int32_t count,
                    tin_scalar_words *sums);

/* Adds sums over `count` taps, which must lie within 2^20, to those of six pixels. */
void tin_scalar_add_products(const uint32_t *panel,
                             const int8_t *weights,
                             int32_t count,
                             int32_t sums[TIN_SCALAR_PIXELS]);

/* How the sums of one channel, bias included, become outputs. Assembly reads the first three. */
typedef struct {
    int32_t shift; /* 1..31, to the right */
    int32_t zero_point;
    int32_t multiplier;
    int32_t minimum;
    int32_t maximum;
    int32_t is_short; /* 1: all sums lie within 2^20 */
} tin_scalar_scale;

static inline tin_scalar_scale
tin_scalar_scale_of(const tin_requantize_s8 *params, int32_t index, int32_t is_short) {
    int32_t which = params->per_channel ? index : 0;
    tin_scalar_scale scale = {
        -params->shift[which],
        params->zero_point,
        params->multiplier[which],
        params->minimum,
        params->maximum,
        is_short,
    };
    return scale;
}

/* What the sums of a channel start from. */
static inline void tin_scalar_start(int32_t sums[TIN_SCALAR_PIXELS], int32_t bias) {
    sums[0] = bias;
    sums[1] = bias;
    sums[2] = bias;
    sums[3] = bias;
    sums[4] = bias;
    sums[5] = bias;
}

/* `count` outputs of one channel, `step` bytes apart. */
void tin_scalar_store(
    const tin_scalar_scale *scale, const int32_t *sums, int32_t count, int32_t step, int8_t *out);

#endif
