/* SPDX-License-Identifier: Apache-2.0 */
/* The FFT, written once for one float and for a vector of them.
 *
 * Included by tin_fft.c with TIN_REAL and TIN_REAL_NAME defined. The N real values are taken as
 * N/2 complex ones: decimation in frequency in place, radix 4 with its middle outputs swapped, so
 * that the result lies in bit-reversed order; then the two interleaved real spectra are separated
 * while reading pairs k and N/2 - k. */

#define PLUS(a, b) TIN_REAL_NAME(plus)(a, b, unit)
#define MINUS(a, b) TIN_REAL_NAME(minus)(a, b, unit)

/* One radix-4 stage over every block of `size` complex values; returns the next stage's twiddles.
 */
static const float *
TIN_REAL_NAME(stage)(TIN_REAL *data, int32_t count, int32_t size, const float *twiddles) {
    const int32_t quarter = size / 4;
    const TIN_REAL unit = TIN_REAL_NAME(unit)();
    for (int32_t block = 0; block < count; block += size) {
        TIN_REAL *a = data + 2 * block;
        TIN_REAL *b = a + 2 * quarter;
        TIN_REAL *c = b + 2 * quarter;
        TIN_REAL *d = c + 2 * quarter;
        const float *w = twiddles;
        for (int32_t k = 0; k < 2 * quarter; k += 2, w += 6) {
            const TIN_REAL s0r = a[k] + c[k], s0i = a[k + 1] + c[k + 1];
            const TIN_REAL s1r = a[k] - c[k], s1i = a[k + 1] - c[k + 1];
            const TIN_REAL s2r = b[k] + d[k], s2i = b[k + 1] + d[k + 1];
            const TIN_REAL s3r = MINUS(b[k + 1], d[k + 1]), s3i = MINUS(d[k], b[k]);
            a[k] = PLUS(s0r, s2r);
            a[k + 1] = PLUS(s0i, s2i);
            const TIN_REAL y1r = s1r + s3r, y1i = s1i + s3i;
            c[k] = y1r * w[0] - y1i * w[1];
            c[k + 1] = y1r * w[1] + y1i * w[0];
            const TIN_REAL y2r = s0r - s2r, y2i = s0i - s2i;
            b[k] = y2r * w[2] - y2i * w[3];
            b[k + 1] = y2r * w[3] + y2i * w[2];
            const TIN_REAL y3r = s1r - s3r, y3i = s1i - s3i;
            d[k] = y3r * w[4] - y3i * w[5];
            d[k + 1] = y3r * w[5] + y3i * w[4];
        }
    }
    return twiddles + 6 * quarter;
}

/* The four values at x, without twiddles. */
static inline void TIN_REAL_NAME(last4)(TIN_REAL *x, TIN_REAL unit) {
    const TIN_REAL s0r = x[0] + x[4], s0i = x[1] + x[5];
    const TIN_REAL s1r = MINUS(x[0], x[4]), s1i = MINUS(x[1], x[5]);
    const TIN_REAL s2r = x[2] + x[6], s2i = x[3] + x[7];
    const TIN_REAL s3r = MINUS(x[3], x[7]), s3i = MINUS(x[6], x[2]);
    x[0] = s0r + s2r;
    x[1] = s0i + s2i;
    x[2] = MINUS(s0r, s2r);
    x[3] = MINUS(s0i, s2i);
    x[4] = s1r + s3r;
    x[5] = s1i + s3i;
    x[6] = MINUS(s1r, s3r);
    x[7] = MINUS(s1i, s3i);
}

/* The eight values at x: a radix-2 step with the eighth roots of one, then two radix-4 ones. */
static inline void TIN_REAL_NAME(last8)(TIN_REAL *x, TIN_REAL unit) {
    const float h = 0.70710678f;
    const TIN_REAL d0r = x[0] - x[8], d0i = x[1] - x[9];
    const TIN_REAL d1r = x[2] - x[10], d1i = x[3] - x[11];
    const TIN_REAL d2r = x[4] - x[12], d2i = x[5] - x[13];
    const TIN_REAL d3r = x[6] - x[14], d3i = x[7] - x[15];
    for (int32_t i = 0; i < 8; i++) {
        x[i] = PLUS(x[i], x[i + 8]);
    }
    x[8] = d0r;
    x[9] = d0i;
    x[10] = (d1r + d1i) * h;
    x[11] = (d1i - d1r) * h;
    x[12] = d2i;
    x[13] = -d2r;
    x[14] = (d3i - d3r) * h;
    x[15] = (d3r + d3i) * -h;
    TIN_REAL_NAME(last4)(x, unit);
    TIN_REAL_NAME(last4)(x + 8, unit);
}

/* The stages without twiddles: blocks of 8, 4 or (only when N = 4) 2 complex values. */
static void TIN_REAL_NAME(last)(TIN_REAL *data, int32_t count, int32_t size) {
    if (size == 2) {
        const TIN_REAL re = data[0] - data[2], im = data[1] - data[3];
        data[0] = data[0] + data[2];
        data[1] = data[1] + data[3];
        data[2] = re;
        data[3] = im;
        return;
    }
    const TIN_REAL unit = TIN_REAL_NAME(unit)();
    for (int32_t block = 0; block < count; block += size) {
        if (size == 8) {
            TIN_REAL_NAME(last8)(data + 2 * block, unit);
        } else {
            TIN_REAL_NAME(last4)(data + 2 * block, unit);
        }
    }
}

/* Separates the spectra of even and odd samples, joins them and squares. */
static void
TIN_REAL_NAME(split)(const TIN_REAL *data, int32_t half, const float *w, TIN_REAL *power) {
    const TIN_REAL sum = data[0] + data[1], difference = data[0] - data[1];
    power[0] = sum * sum;
    power[half] = difference * difference;
    power[half / 2] = data[2] * data[2] + data[3] * data[3];
    int32_t reversed = 0;
    for (int32_t k = 1; k < half / 2; k++, w += 2) {
        const TIN_REAL *q = data + 2 * (half - 1 - reversed); /* bin half - k */
        int32_t carry = half / 2;
        while (reversed & carry) {
            reversed ^= carry;
            carry /= 2;
        }
        reversed |= carry;
        const TIN_REAL *p = data + 2 * reversed; /* bin k */
        const TIN_REAL er = p[0] + q[0], ei = p[1] - q[1];
        const TIN_REAL odd_r = p[1] + q[1], odd_i = q[0] - p[0];
        const TIN_REAL tr = odd_r * w[0] - odd_i * w[1];
        const TIN_REAL ti = odd_r * w[1] + odd_i * w[0];
        const TIN_REAL xr = er + tr, xi = ei + ti, yr = er - tr, yi = ei - ti;
        power[k] = (xr * xr + xi * xi) * 0.25f;
        power[half - k] = (yr * yr + yi * yi) * 0.25f;
    }
}

static inline void
TIN_REAL_NAME(power_spectrum)(const tin_fft *fft, TIN_REAL *data, TIN_REAL *power) {
    const int32_t half = fft->length / 2;
    const float *twiddles = fft->twiddles;
    int32_t size = half;
    for (; size > 8; size /= 4) {
        twiddles = TIN_REAL_NAME(stage)(data, half, size, twiddles);
    }
    TIN_REAL_NAME(last)(data, half, size);
    TIN_REAL_NAME(split)(data, half, twiddles, power);
}

#undef PLUS
#undef MINUS
