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

/* count taps of six pixels, pixels[i][0..count), as words panel[count][4]; returns its end. */
uint32_t *
tin_scalar_pack(uint32_t *panel, const int8_t *const pixels[TIN_SCALAR_PIXELS], int32_t count);

/* Sums over `count` taps, at least one, of panel[tap][i] * weights[tap]. */
void tin_scalar_dot(const uint32_t *panel,
                    const int8_t *weights,
                    int32_t count,
                    tin_scalar_words *sums);

/* Adds the three sums that two words hold to sums[0], sums[1], sums[2]. */
static inline void tin_scalar_take_apart(uint32_t first, uint32_t second, int32_t *sums) {
    int32_t x = (int32_t)(first << 11) >> 11;
    uint32_t low = first - (uint32_t)x;
    second -= low >> 11;
    int32_t y = (int32_t)(second << 11) >> 11;
    uint32_t high = second - (uint32_t)y;
    sums[0] += x;
    sums[1] += y;
    sums[2] += ((int32_t)high >> 10) + (int32_t)(low >> 21);
}

/* How one channel's sums become outputs. */
typedef struct {
    int32_t bias;
    int32_t multiplier;
    int32_t half; /* 2^(shift - 1) */
    int32_t shift;
    int32_t zero_point;
    int32_t minimum;
    int32_t maximum;
    int32_t is_short; /* 1: all biased sums lie within 2^20 */
} tin_scalar_scale;

tin_scalar_scale
tin_scalar_scale_of(const tin_requantize_s8 *params, int32_t index, int32_t is_short);

/* `count` outputs of one channel, `step` bytes apart. */
void tin_scalar_store(
    const tin_scalar_scale *scale, const int32_t *sums, int32_t count, int32_t step, int8_t *out);

#endif
