/* SPDX-License-Identifier: Apache-2.0 */
/* Many windows through the compiled impulse, with memory of the caller. */
#include "tin/impulse.h"
#include "tin/windows.h"
#include "tin_impulse_data.h"

int32_t tin_run_windows(
    const float *windows, int32_t count, float *features, float *values, void *scratch) {
    tin_signal signal = {windows, 0, 0, TIN_IMPULSE_WINDOW_LENGTH};
    tin_state state = {features, values, scratch};
    tin_status status = tin_init(&tin_the_impulse, &state);
    for (int32_t i = 0; i < count && status == TIN_OK; i++) {
        tin_forget(&tin_the_impulse, &state); /* windows do not follow each other in time */
        status = tin_classify(&tin_the_impulse, &state, &signal);
        signal.data += TIN_IMPULSE_WINDOW_LENGTH;
        state.features += TIN_IMPULSE_NUM_FEATURES;
        state.values += TIN_IMPULSE_NUM_VALUES;
    }
    return status;
}
