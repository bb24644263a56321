/* SPDX-License-Identifier: Apache-2.0 */
/* Classifies one window of raw values with the C API and prints every score. */
#include "features.h"
#include "tin_impulse_data.h"

static float window[TIN_IMPULSE_WINDOW_LENGTH];
static float features[TIN_IMPULSE_NUM_FEATURES];
static float values[TIN_IMPULSE_NUM_VALUES];
static uint8_t scratch[TIN_IMPULSE_SCRATCH_BYTES] TIN_ALIGNED(16);

/* Prints the values of either the anomaly blocks or the others. */
static void print_values(int of_anomaly) {
    for (int32_t b = 0; b < tin_the_impulse.num_learning; b++) {
        const tin_learning_block *block = &tin_the_impulse.learning[b];
        int is_anomaly = block->kind == TIN_LEARNING_ANOMALY_KMEANS;
        for (int32_t i = 0; i < block->num_values && is_anomaly == of_anomaly; i++) {
            const char *name = is_anomaly ? "anomaly" : tin_the_impulse.labels[i];
            printf("%s: %.9g\n", name, (double)values[block->offset + i]);
        }
    }
}

int main(int argc, char **argv) {
    if (features_from_arguments(argc, argv, window, TIN_IMPULSE_WINDOW_LENGTH) != 0) {
        return 2;
    }
    tin_state state = {features, values, scratch};
    tin_signal signal = {window, NULL, NULL, TIN_IMPULSE_WINDOW_LENGTH};
    tin_status status = tin_init(&tin_the_impulse, &state);
    if (status == TIN_OK) {
        status = tin_classify(&tin_the_impulse, &state, &signal);
    }
    if (status != TIN_OK) {
        fprintf(stderr, "error: tin_status %d\n", (int)status);
        return 1;
    }
    print_values(0);
    print_values(1);
    return 0;
}
