/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of int8 tensors, four values at a time. */
#include "tin/nn/armv81m_mve/mve_add.h"
#include "tin_mve_outputs.h"

/* Inputs are raised by 2^20 before they are rescaled, so that nothing is lost. */
#define HEADROOM 20

#if TIN_HAS_MVE

TIN_MVE_INLINE int32x4_t add(const tin_mve_add_s8 *params, int32x4_t coarse, int32x4_t fine) {
    int32x4_t value = vshlq_n_s32(vaddq_n_s32(fine, params->fine_offset), HEADROOM);
    value = vqrdmulhq_n_s32(value, params->fine_multiplier);
    /* Without a shift nothing is rounded: then the mask is 0. */
    int32x4_t unit = vshrq_n_s32(vandq_s32(value, vdupq_n_s32(params->fine_shift)), 31);
    value = vrshlq_n_s32(vaddq_s32(value, unit), params->fine_shift);
    coarse = vshlq_n_s32(vaddq_n_s32(coarse, params->coarse_offset), HEADROOM - 1);
    value = vqrdmulhq_n_s32(vaddq_s32(value, coarse), params->multiplier);
    value = vrshlq_n_s32(vaddq_s32(value, vshrq_n_s32(value, 31)), params->shift);
    value = vaddq_n_s32(value, params->zero_point);
    value = vmaxq_s32(value, vdupq_n_s32(params->minimum));
    return vminq_s32(value, vdupq_n_s32(params->maximum));
}

void tin_mve_add_run_s8(const tin_mve_add_s8 *params,
                        const int8_t *coarse,
                        const int8_t *fine,
                        int8_t *output) {
    const tin_mve_add_s8 local = *params;
    for (int32_t count = local.count / TIN_MVE_GROUP; count > 0; count--) {
        vstrbq_s32(output, add(&local, vldrbq_s32(coarse), vldrbq_s32(fine)));
        coarse += TIN_MVE_GROUP;
        fine += TIN_MVE_GROUP;
        output += TIN_MVE_GROUP;
    }
    mve_pred16_t rest = vctp32q((uint32_t)(local.count % TIN_MVE_GROUP));
    int32x4_t a = vldrbq_z_s32(coarse, rest), b = vldrbq_z_s32(fine, rest);
    vstrbq_p_s32(output, add(&local, a, b), rest);
}

#else

void tin_mve_add_run_s8(const tin_mve_add_s8 *params,
                        const int8_t *coarse,
                        const int8_t *fine,
                        int8_t *output) {
    for (int32_t i = 0; i < params->count; i++) {
        int32_t value = (fine[i] + params->fine_offset) * (1 << HEADROOM);
        value = tin_requantize(value, params->fine_multiplier, params->fine_shift);
        value += (coarse[i] + params->coarse_offset) * (1 << (HEADROOM - 1));
        value = tin_requantize(value, params->multiplier, params->shift) + params->zero_point;
        output[i] = (int8_t)tin_clamp_s32(value, params->minimum, params->maximum);
    }
}

#endif
