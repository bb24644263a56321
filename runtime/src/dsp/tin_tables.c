/* SPDX-License-Identifier: Apache-2.0 */
/* Tables made on the host at design time, in double precision: devices never run this. */
#include "tin/fft.h"
#include "tin/math.h"

/* pi/2 in three parts; the first two have 33 bits, so that n * part is exact for |n| < 2^20. */
#define HALF_PI_1 0x1.921fb544p+0
#define HALF_PI_2 0x1.0b4611a6p-34
#define HALF_PI_3 0x1.3198a2e037073p-69
#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#define ROUNDER 0x1.8p52

/* Taylor series; on |x| <= pi/4 the first omitted term is below 1e-19. */
static double sin_reduced(double x) {
    const double z = x * x;
    double p = -1.0 / 121645100408832000.0;
    p = p * z + 1.0 / 355687428096000.0;
    p = p * z - 1.0 / 1307674368000.0;
    p = p * z + 1.0 / 6227020800.0;
    p = p * z - 1.0 / 39916800.0;
    p = p * z + 1.0 / 362880.0;
    p = p * z - 1.0 / 5040.0;
    p = p * z + 1.0 / 120.0;
    p = p * z - 1.0 / 6.0;
    return x + x * (z * p);
}

static double cos_reduced(double x) {
    const double z = x * x;
    double p = -1.0 / 6402373705728000.0;
    p = p * z + 1.0 / 20922789888000.0;
    p = p * z - 1.0 / 87178291200.0;
    p = p * z + 1.0 / 479001600.0;
    p = p * z - 1.0 / 3628800.0;
    p = p * z + 1.0 / 40320.0;
    p = p * z - 1.0 / 720.0;
    p = p * z + 1.0 / 24.0;
    return 1.0 - z * (0.5 - z * p);
}

/* sin(x + quadrant * pi/2) */
static double sin_quadrant(double x, int32_t quadrant) {
    const double y = quadrant & 1 ? cos_reduced(x) : sin_reduced(x);
    return quadrant & 2 ? -y : y;
}

static double sin_shifted(double x, int32_t shift) {
    if (!(x >= -0x1p20 && x <= 0x1p20)) {
        return x - x != 0.0 ? x - x : 0.0; /* outside the documented range */
    }
    const double n = (x * TWO_OVER_PI + ROUNDER) - ROUNDER;
    const double reduced = ((x - n * HALF_PI_1) - n * HALF_PI_2) - n * HALF_PI_3;
    return sin_quadrant(reduced, ((int32_t)n + shift) & 3);
}

double tin_sin(double x) { return sin_shifted(x, 0); }

double tin_cos(double x) { return sin_shifted(x, 1); }

/* cos and sin of -2 pi index / count, reduced exactly to the nearest multiple of pi/2. */
static void unit_root(int32_t index, int32_t count, float *out) {
    const int32_t reduced = index % count;
    const int32_t quadrant = (int32_t)((8 * (int64_t)reduced / count + 1) / 2);
    const double rest = (4.0 * reduced - (double)quadrant * count) / count;
    const double x = rest * (HALF_PI_1 + HALF_PI_2);
    out[0] = (float)sin_quadrant(x, (quadrant + 1) & 3);
    out[1] = (float)-sin_quadrant(x, quadrant & 3);
}

int32_t tin_fft_tables_size(int32_t length) {
    int32_t floats = length / 2 - 2;
    for (int32_t size = length / 2; size > 8; size /= 4) {
        floats += size / 4 * 6;
    }
    return floats;
}

void tin_fft_tables(int32_t length, float *twiddles) {
    const int32_t half = length / 2;
    for (int32_t size = half; size > 8; size /= 4) {
        for (int32_t k = 0; k < size / 4; k++) {
            for (int32_t times = 1; times <= 3; times++) {
                unit_root(times * k, size, twiddles);
                twiddles += 2;
            }
        }
    }
    for (int32_t k = 1; k < half / 2; k++) {
        unit_root(k, length, twiddles);
        twiddles += 2;
    }
}
